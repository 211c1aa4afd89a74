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

/// The verb for acting as another user.
pub(crate) const IMPERSONATE: &str = "impersonate";

/// The verbs of resources that rules of access can name, without [`IMPERSONATE`].
const VERBS: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// The paths that are no resources, and everybody may read.
const PUBLIC_PATHS: [&str; 10] =
    ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version"];

/// The access control of a server: requests are authorized by it, and reviews of access answer from it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access(Vec<DenyRule>);

/// Verbs that a user may do to resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) verbs: Vec<&'static str>,
    /// `*` for all.
    pub(crate) group: &'static str,
    /// `*` for all.
    pub(crate) resource: &'static str,
}

/// Everything that a user may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grants {
    pub(crate) resources: Vec<Grant>,
    /// The paths that are no resources, with the verbs for them.
    pub(crate) paths: (Vec<&'static str>, Vec<&'static str>),
    /// Whether `resources` names only those that the server has, since a rule denies some of them.
    pub(crate) incomplete: bool,
}

impl Access {
    /// Access control by these rules.
    pub(crate) fn new(rules: Vec<DenyRule>) -> Self {
        Self(rules)
    }

    /// Whether `user` may do `verb` to `resource` of `group`. `*` asks for all of them.
    pub(crate) fn allows(&self, user: &User, verb: &str, group: &str, resource: &str) -> bool {
        let matches = |pattern: &str, asked: &str| pattern == "*" || asked == "*" || pattern == asked;
        let denied = self
            .rules_for(user)
            .any(|rule| matches(&rule.verb, verb) && matches(&rule.group, group) && matches(&rule.resource, resource));
        // Acting as others is a right of administrators, as in every cluster.
        user.is_master() || !(denied || user.is_anonymous() || matches(IMPERSONATE, verb))
    }

    /// Whether `user` may do `verb` to a path that is no resource.
    pub(crate) fn allows_path(user: &User, verb: &str, path: &str) -> bool {
        let is_public = |pattern: &&str| match pattern.strip_suffix('*') {
            Some(prefix) => path.starts_with(prefix),
            None => path == *pattern,
        };
        user.is_master() || (matches!(verb, "get" | "head") && PUBLIC_PATHS.iter().any(is_public))
    }

    /// What `user` may do with these resources: groups, names and verbs.
    pub(crate) fn grants(
        &self,
        user: &User,
        resources: impl Iterator<Item = (&'static str, &'static str, Vec<&'static str>)>,
    ) -> Grants {
        let all = |verbs: &[&'static str]| Grant { verbs: verbs.to_vec(), group: "*", resource: "*" };
        if user.is_master() {
            return Grants { resources: vec![all(&["*"])], paths: (vec!["*"], vec!["*"]), incomplete: false };
        }
        let paths = (vec!["get", "head"], PUBLIC_PATHS.to_vec());
        if user.is_anonymous() {
            return Grants { resources: Vec::new(), paths, incomplete: false };
        }
        if self.rules_for(user).next().is_none() {
            return Grants { resources: vec![all(&VERBS)], paths, incomplete: false };
        }
        let granted = |(group, resource, mut verbs): (&'static str, &'static str, Vec<&'static str>)| {
            verbs.retain(|verb| self.allows(user, verb, group, resource));
            (!verbs.is_empty()).then_some(Grant { verbs, group, resource })
        };
        Grants { resources: resources.filter_map(granted).collect(), paths, incomplete: true }
    }

    fn rules_for<'a>(&'a self, user: &'a User) -> impl Iterator<Item = &'a DenyRule> {
        self.0.iter().filter(|rule| rule.user == "*" || rule.user == user.name)
    }
}
