//! Who may do what: everybody who is known may do everything that no rule denies.

use std::str::FromStr;

use super::user::User;

/// A rule that denies something: `user:verb:group:resource`, each part `*` for all.
///
/// ```
/// use isi_reference::DenyRule;
///
/// let rule: DenyRule = "carol:create:image.openshift.io:images".parse().unwrap();
/// assert!("carol:create".parse::<DenyRule>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DenyRule {
    user: String,
    verb: String,
    group: String,
    resource: String,
}

/// A text that is no [`DenyRule`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no rule; expected `user:verb:group:resource`, as in `carol:create:image.openshift.io:images`")]
pub struct ParseDenyRuleError(String);

impl FromStr for DenyRule {
    type Err = ParseDenyRuleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split(':').collect::<Vec<_>>().as_slice() {
            [user, verb, group, resource] => Ok(Self {
                user: (*user).to_owned(),
                verb: (*verb).to_owned(),
                group: (*group).to_owned(),
                resource: (*resource).to_owned(),
            }),
            _ => Err(ParseDenyRuleError(text.to_owned())),
        }
    }
}

/// The access control of a server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access(Vec<DenyRule>);

impl Access {
    /// Access control by these rules.
    pub(crate) fn new(rules: Vec<DenyRule>) -> Self {
        Self(rules)
    }

    /// Whether `user` may do `verb` to `resource` of `group`.
    pub(crate) fn allows(&self, user: &User, verb: &str, group: &str, resource: &str) -> bool {
        let matches = |pattern: &str, text: &str| pattern == "*" || pattern == text;
        let denied = self.0.iter().any(|rule| {
            matches(&rule.user, &user.name)
                && matches(&rule.verb, verb)
                && matches(&rule.group, group)
                && matches(&rule.resource, resource)
        });
        user.is_master() || !(denied || user.is_anonymous())
    }
}
