//! Who asks: bearer tokens.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use http::{HeaderMap, header::AUTHORIZATION};

use super::{
    error::{ApiError, Result},
    options::UserToken,
};

/// The name of a user who sends no token.
pub(crate) const ANONYMOUS: &str = "system:anonymous";

/// The user of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    /// Empty for users who have none.
    pub(crate) uid: String,
    pub(crate) groups: Vec<String>,
    /// What else is known, by key: only impersonation sets it.
    pub(crate) extra: BTreeMap<String, Vec<String>>,
}

impl User {
    fn new(name: &str, groups: &[&str]) -> Self {
        let groups = groups.iter().copied().chain(["system:authenticated"]).map(str::to_owned).collect();
        Self { name: name.to_owned(), groups, uid: String::new(), extra: BTreeMap::new() }
    }

    /// The anonymous user.
    pub(crate) fn anonymous() -> Self {
        let (name, groups) = (ANONYMOUS.to_owned(), vec!["system:unauthenticated".to_owned()]);
        Self { name, groups, uid: String::new(), extra: BTreeMap::new() }
    }

    /// Whether this is the anonymous user.
    pub(crate) fn is_anonymous(&self) -> bool {
        self.name == ANONYMOUS
    }

    /// Whether this user may do everything.
    pub(crate) fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == "system:masters")
    }
}

/// How bearer tokens become users.
#[derive(Debug, Clone, Default)]
pub(crate) enum Authenticator {
    /// `user-NAME` is NAME, `admin-token` is a cluster administrator.
    #[default]
    ByName,
    /// As a file or the options say.
    File(HashMap<String, User>),
}

impl Authenticator {
    /// Reads a file in kube-apiserver's format: `token,user,uid,"group1,group2"`, one a line.
    pub(crate) fn from_file(path: &Path) -> std::result::Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut users = HashMap::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let fields = split_csv(line);
            let [token, name, uid, rest @ ..] = fields.as_slice() else {
                let line = index + 1;
                return Err(format!("{}:{line}: expected `token,user,uid,\"group1,group2\"`", path.display()));
            };
            let groups = rest.first().map(String::as_str).unwrap_or_default();
            let groups: Vec<&str> = groups.split(',').map(str::trim).filter(|group| !group.is_empty()).collect();
            users.insert(token.clone(), User { uid: uid.clone(), ..User::new(name, &groups) });
        }
        Ok(Self::File(users))
    }

    /// The same, with these users too; without a file, these users only.
    pub(crate) fn with_users(self, added: &[UserToken]) -> Self {
        let mut users = match self {
            Self::ByName if added.is_empty() => return self,
            Self::ByName => HashMap::new(),
            Self::File(users) => users,
        };
        for user in added {
            let groups: Vec<&str> = user.groups.iter().map(String::as_str).collect();
            users.insert(user.token.clone(), User::new(&user.name, &groups));
        }
        Self::File(users)
    }

    /// Names of users with a token of each, those who may do everything first. Without a file there is no end of users: an
    /// administrator and a developer stand for them.
    pub(crate) fn tokens(&self) -> Vec<(String, String)> {
        let Self::File(users) = self else {
            return [("admin", "admin-token"), ("developer", "user-developer")]
                .map(|(name, token)| (name.to_owned(), token.to_owned()))
                .to_vec();
        };
        let mut tokens: Vec<_> = users.iter().map(|(token, user)| (!user.is_master(), &user.name, token)).collect();
        tokens.sort();
        tokens.dedup_by_key(|(_, name, _)| *name);
        tokens.into_iter().map(|(_, name, token)| (name.clone(), token.clone())).collect()
    }

    /// The user whose token a request carries; without one the anonymous user.
    pub(crate) fn authenticate(&self, headers: &HeaderMap) -> Result<User> {
        let Some(value) = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()) else {
            return Ok(User::anonymous());
        };
        let token = value.strip_prefix("Bearer ").map(str::trim).filter(|token| !token.is_empty());
        let Some(token) = token else { return Ok(User::anonymous()) };
        let user = match self {
            Self::File(users) => users.get(token).cloned(),
            Self::ByName if token == "admin-token" => Some(User::new("system:admin", &["system:masters"])),
            Self::ByName => {
                token.strip_prefix("user-").filter(|name| !name.is_empty()).map(|name| User::new(name, &[]))
            }
        };
        user.ok_or_else(|| ApiError::unauthorized("Unauthorized"))
    }
}

/// The fields of a line; one that holds commas is in double quotes.
fn split_csv(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => fields.last_mut().into_iter().for_each(|field| field.push(other)),
        }
    }
    fields.into_iter().map(|field| field.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_with_several_tokens_is_named_once_and_administrators_come_first() {
        let users = [("t1", "zoe", &[][..]), ("t2", "zoe", &[]), ("t3", "root", &["system:masters"])];
        let users = users.map(|(token, name, groups)| (token.to_owned(), User::new(name, groups)));
        let pair = |name: &str, token: &str| (name.to_owned(), token.to_owned());
        assert_eq!(Authenticator::File(users.into()).tokens(), [pair("root", "t3"), pair("zoe", "t1")]);
    }

    #[test]
    fn fields_in_quotes_may_hold_commas() {
        assert_eq!(split_csv("t, alice,1,\"a,b\""), ["t", "alice", "1", "a,b"]);
    }
}
