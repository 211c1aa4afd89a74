//! How much two requests are alike: the keys by which a captured request is found.

use super::{key, log::CapturedRequest};

/// What of a request has to be as it was captured. Later ones ask for less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Likeness {
    /// All of it.
    Whole,
    /// All but `Accept` and `If-None-Match`.
    AnyAccept,
    /// All but these and the order of the query's parameters.
    AnyOrder,
    /// All but these and `Range`: a registry may answer with the whole content.
    AnyRange,
    /// All but these and the credentials: the method, the path and the parameters of the query.
    AnyCredentials,
}

impl Likeness {
    /// All of them, the strictest first.
    pub(super) const ALL: [Self; 5] =
        [Self::Whole, Self::AnyAccept, Self::AnyOrder, Self::AnyRange, Self::AnyCredentials];

    /// A text that is the same for requests that are alike. `method` stands for that of the request.
    pub(super) fn key(self, method: &str, request: &CapturedRequest) -> String {
        let CapturedRequest { path, query, accept, authorization, range, if_none_match, .. } = request;
        let mut key = format!("{method} {path}");
        let mut add = |text: Option<&str>| {
            key.push('\n');
            key.push_str(text.unwrap_or_default());
        };
        match self {
            Self::Whole | Self::AnyAccept => add(query.as_deref()),
            Self::AnyOrder | Self::AnyRange | Self::AnyCredentials => {
                add(query.as_deref().map(key::sorted).as_deref());
            }
        }
        if self != Self::AnyCredentials {
            add(authorization.as_deref());
        }
        if matches!(self, Self::Whole | Self::AnyAccept | Self::AnyOrder) {
            add(range.as_deref());
        }
        if self == Self::Whole {
            add(if_none_match.as_deref());
            accept.iter().for_each(|accepted| add(Some(accepted)));
        }
        key
    }
}
