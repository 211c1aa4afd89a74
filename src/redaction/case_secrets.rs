//! The secrets of one case.

use std::collections::BTreeSet;

use super::Secrets;

/// The pull secrets that one case places, for a registry that ends with it. Redactors that are made while this exists know them;
/// then they are forgotten. The parts of such credentials are not looked for: a run places hundreds of pull secrets, and most of
/// what a redactor looked for would be these.
#[derive(Debug, Default)]
pub struct CaseSecrets {
    known: Secrets,
    held: BTreeSet<String>,
}

impl CaseSecrets {
    /// None so far; they are made known to `secrets`.
    #[must_use]
    pub fn among(secrets: &Secrets) -> Self {
        Self { known: secrets.clone(), held: BTreeSet::new() }
    }

    /// Adds what the `Secret` objects in a body hold, be it JSON or YAML.
    pub fn add_body(&mut self, body: &str) {
        let found = Secrets::default();
        found.add_body(body);
        for secret in found.texts() {
            if !self.held.contains(&secret) {
                self.known.hold(&secret);
                self.held.insert(secret);
            }
        }
    }

    /// Keeps them known when this is gone: a report that comes later may show them.
    pub fn keep(&mut self) {
        self.held.clear();
    }
}

impl Drop for CaseSecrets {
    fn drop(&mut self) {
        self.held.iter().for_each(|secret| self.known.release(secret));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"kind":"Secret","stringData":{"a":"hunter2"}}"#;

    #[test]
    fn a_secret_is_known_until_the_last_case_that_holds_it_ends() {
        let secrets = Secrets::default();
        let shown = || secrets.redactor().text("login with hunter2 failed").into_owned();
        let (mut one, mut other) = (CaseSecrets::among(&secrets), CaseSecrets::among(&secrets));
        one.add_body(BODY);
        one.add_body(BODY);
        other.add_body(BODY);
        drop(one);
        assert_eq!(shown(), "login with [redacted] failed");
        drop(other);
        assert_eq!(shown(), "login with hunter2 failed");
        assert_eq!(secrets.count(), 0);
    }

    #[test]
    fn a_secret_that_lasts_is_not_forgotten_with_a_case() {
        let secrets = Secrets::default();
        let mut case = CaseSecrets::among(&secrets);
        case.add_body(BODY);
        secrets.add("hunter2");
        drop(case);
        assert_eq!(secrets.redactor().text("login with hunter2 failed"), "login with [redacted] failed");
    }
}
