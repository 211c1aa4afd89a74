//! Continue tokens of lists, in the form of Kubernetes: JSON in base64, which clients take as it is.

use std::borrow::Cow;

use base64::{
    DecodeError, Engine,
    alphabet::URL_SAFE,
    engine::{GeneralPurpose, general_purpose::NO_PAD},
};
use serde::Serialize;

use crate::{
    error::{ApiError, Result},
    json::{self, Node},
};

/// Base64 as Go's `RawURLEncoding`, which does not mind bits that are left over.
const BASE64: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));
const FORMAT: &str = "meta.k8s.io/v1";

/// Where a list goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Continuation {
    /// The version of the store that the list shows; `None` for the newest.
    pub(crate) version: Option<u64>,
    /// The key that the page begins with, relative to the list.
    pub(crate) start: String,
}

#[derive(Serialize)]
struct ContinueToken<'a> {
    #[serde(rename = "v")]
    format: &'static str,
    #[serde(rename = "rv")]
    version: i64,
    start: &'a str,
}

impl Continuation {
    /// A page that begins after `key`.
    pub(crate) fn after(version: u64, key: &str) -> Self {
        Self { version: Some(version), start: format!("{key}\0") }
    }

    /// The token for a client.
    pub(crate) fn encode(&self) -> String {
        let version = self.version.map_or(-1, |version| i64::try_from(version).unwrap_or(i64::MAX));
        let token = ContinueToken { format: FORMAT, version, start: &self.start };
        BASE64.encode(serde_json::to_string(&token).unwrap_or_default())
    }

    /// Reads a token.
    ///
    /// # Errors
    /// 400 with the words of Kubernetes' `DecodeContinue`.
    pub(crate) fn decode(token: &str) -> Result<Self> {
        let refuse = |why: Cow<'_, str>| {
            Err(ApiError::bad_request(format!("invalid continue token: continue key is not valid: {why}")))
        };
        let bytes = match BASE64.decode(token) {
            Ok(bytes) => bytes,
            Err(error) => return refuse(format!("illegal base64 data at input byte {}", place(&error, token)).into()),
        };
        let node = match json::parse(&bytes) {
            Ok(node) => node,
            Err(error) => return refuse(error.to_string().into()),
        };
        let text = |name: &str| node.get(name).and_then(Node::as_text).unwrap_or_default();
        if text("v") != FORMAT {
            return refuse(format!("server does not recognize this encoded version {}", text("v")).into());
        }
        let version = node.get("rv").map(Node::to_value).and_then(|version| version.as_i64()).unwrap_or(0);
        if version == 0 {
            return refuse("incorrect encoded start resourceVersion (version meta.k8s.io/v1)".into());
        }
        let start = text("start");
        if start.is_empty() {
            return refuse("encoded start key empty (version meta.k8s.io/v1)".into());
        }
        let key = start.strip_prefix('/').unwrap_or(start);
        if key.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return refuse(start.into());
        }
        Ok(Self { version: u64::try_from(version).ok(), start: key.to_owned() })
    }
}

/// The byte that Go names for what is no base64.
fn place(error: &DecodeError, token: &str) -> usize {
    match error {
        DecodeError::InvalidByte(at, _) => *at,
        _ => token.len().saturating_sub(1),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_token_is_that_of_a_server() {
        // Recorded from openshift-apiserver 4.22, with a retry at the newest version.
        let token = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiMCJ9";
        let continuation = Continuation { version: None, start: "0".to_owned() };
        assert_eq!(Continuation::decode(token), Ok(continuation.clone()));
        assert_eq!(continuation.encode(), token);
    }

    #[rstest]
    #[case("a*b", "illegal base64 data at input byte 1")]
    #[case("abcde", "illegal base64 data at input byte 4")]
    #[case(
        "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6NSwic3RhcnQiOiIifQ",
        "encoded start key empty (version meta.k8s.io/v1)"
    )]
    #[case("abc", "invalid character 'i' looking for beginning of value")]
    #[case("eyJ2IjoieCIsInJ2Ijo1LCJzdGFydCI6ImEifQ", "server does not recognize this encoded version x")]
    #[case(
        "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MCwic3RhcnQiOiJhIn0",
        "incorrect encoded start resourceVersion (version meta.k8s.io/v1)"
    )]
    fn a_token_that_is_none_is_refused(#[case] token: &str, #[case] why: &str) {
        let message = format!("invalid continue token: continue key is not valid: {why}");
        assert_eq!(Continuation::decode(token), Err(ApiError::bad_request(message)));
    }

    #[test]
    fn a_key_does_not_lead_elsewhere() {
        let token = Continuation { version: Some(5), start: "../b".to_owned() }.encode();
        let message = "invalid continue token: continue key is not valid: ../b";
        assert_eq!(Continuation::decode(&token), Err(ApiError::bad_request(message)));
    }
}
