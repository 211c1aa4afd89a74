//! Faults that make the captured answers of the usual ones.

use http::StatusCode;

use super::{
    super::placeholder::Values,
    auth::parameter,
    seen::{Seen, SeenBody},
};
use crate::{
    fixture::{ConnectionFault, Fault, FaultError, RequestPattern, Time},
    registry::{answer::End, store::Content},
};

/// The fault with which a registry that answers `usual` answers as was captured, for every request that the pattern means.
/// `content` is the captured body.
pub(super) fn fault(
    when: RequestPattern,
    captured: &Seen,
    usual: Option<&Seen>,
    content: &Content,
    values: &Values,
) -> Fault {
    let mut fault = Fault { when, ..Fault::default() };
    fault.delay = (!captured.delay.is_zero()).then_some(Time(captured.delay));
    fault.connection = captured.end.map(|end| match end {
        End::Close => ConnectionFault::Close,
        End::Reset => ConnectionFault::Reset,
        End::Stall => ConnectionFault::Stall,
    });
    let Some(status) = captured.status else { return fault };
    if captured.end.is_some() {
        fault.truncate = Some(content.len());
    }
    let other = usual
        .filter(|usual| usual.status == captured.status && (captured.end.is_some() || usual.body == captured.body));
    match other {
        // The usual answer, but for some headers.
        Some(usual) => {
            let removed = usual.headers.keys().filter(|name| !captured.headers.contains_key(*name));
            fault.headers = removed.map(|name| ((*name).to_owned(), None)).collect();
            let set = captured.headers.iter().filter(|(name, header)| usual.headers.get(*name) != Some(header));
            fault.headers.extend(set.map(|(name, header)| written(name, &header.value, values)));
        }
        None => {
            set_answer(&mut fault, status, captured, content, values);
            let all = captured.headers.iter();
            fault.headers = all.map(|(name, header)| written(name, &header.value, values)).collect();
        }
    }
    fault
}

/// A header as a fixture writes it. Tokens are given at the token endpoint of the fixture, wherever they were before.
fn written(name: &str, value: &str, values: &Values) -> (String, Option<String>) {
    let realm = parameter(value, "realm").filter(|_| name == "www-authenticate" && value.starts_with("Bearer"));
    let value = match realm {
        Some(realm) => value.replace(realm, "http://{{registry}}/token"),
        None => values.portable(value),
    };
    (name.to_owned(), Some(value))
}

/// A new answer.
fn set_answer(fault: &mut Fault, status: StatusCode, captured: &Seen, content: &Content, values: &Values) {
    fault.status = Some(status.as_u16());
    match &captured.body {
        SeenBody::Errors(errors) => {
            fault.errors = errors
                .iter()
                .map(|(code, message)| {
                    let error = FaultError { code: code.clone(), message: None };
                    let is_usual = error.message() == message.as_str();
                    FaultError { message: (!is_usual).then(|| message.clone()), ..error }
                })
                .collect();
        }
        SeenBody::Empty => {}
        SeenBody::Json(_) | SeenBody::Bytes(..) => {
            let text = content.bytes().ok().and_then(|bytes| String::from_utf8(bytes.into()).ok());
            fault.body = text.map(|text| values.portable(&text));
        }
    }
}

/// The faults of requests that one pattern means, from what each of them was to get; the usual answer where that is none.
pub(super) fn rules(wanted: &[Option<Fault>]) -> Vec<Fault> {
    let Some(first) = wanted.first() else { return Vec::new() };
    let count = wanted.iter().take_while(|other| *other == first).count();
    if count == wanted.len() {
        return first.iter().cloned().collect();
    }
    let begun = first.iter().map(|fault| Fault { first: Some(count as u64), ..fault.clone() });
    let numbered = (1..).zip(wanted).skip(count);
    begun.chain(numbered.filter_map(|(number, fault)| Some(Fault { nth: Some(number), ..fault.clone()? }))).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// Answers by their status, 200 for the usual one, become rules as `status` with `first` and `nth`.
    #[rstest]
    #[case(&[200, 200], &[])]
    #[case(&[503, 503], &[(503, None, None)])]
    #[case(&[429, 429, 200], &[(429, Some(2), None)])]
    #[case(&[200, 503], &[(503, None, Some(2))])]
    #[case(&[429, 429, 503, 200, 429], &[(429, Some(2), None), (503, None, Some(3)), (429, None, Some(5))])]
    fn faults_fire_for_the_requests_that_were_answered_in_this_way(
        #[case] statuses: &[u16],
        #[case] expected: &[(u16, Option<u64>, Option<u64>)],
    ) {
        let fault = |status: &u16| (*status != 200).then(|| Fault::when("/v2/").status(*status));
        let wanted: Vec<_> = statuses.iter().map(fault).collect();
        let rules: Vec<_> = rules(&wanted).iter().map(|it| (it.status.unwrap_or(0), it.first, it.nth)).collect();
        assert_eq!(rules, expected);
    }
}
