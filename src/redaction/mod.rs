//! Secrets of a run, and how they are kept out of everything that is written.
//!
//! Code that holds a credential adds it to [`Secrets`]; every writer (terminal, reports, warnings, proposed goldens, deviations)
//! passes what comes from elsewhere through one [`Redactor`], which finds a secret in plain and in the forms in which servers
//! echo it: base64, hex, URL-encoded, JSON-escaped, in other letter case, broken over lines, or in part.

mod case_secrets;
mod encoding;
mod redactor;
mod secrets;

pub use self::{
    case_secrets::CaseSecrets,
    redactor::{REDACTED, Redactor},
    secrets::{Secrets, without_userinfo},
};
