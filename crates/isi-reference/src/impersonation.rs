//! Acting as another user: the `Impersonate-*` headers, which kubectl sends for `--as`.
//!
//! As the filter of Kubernetes' API server does: each user, group, UID and extra value is a resource that the requester
//! needs the right to impersonate.

use std::{collections::BTreeMap, fmt::Write};

use http::{HeaderMap, request::Parts};
use percent_encoding::percent_decode_str;

use super::{
    access::{Access, IMPERSONATE},
    error::{ApiError, Resource, Result},
    user::{ANONYMOUS, User},
};

const USER: &str = "impersonate-user";
const GROUP: &str = "impersonate-group";
const UID: &str = "impersonate-uid";
const EXTRA: &str = "impersonate-extra-";
const AUTHENTICATION: &str = "authentication.k8s.io";
/// The minor number of the first Kubernetes release that knows [`UID`].
const FIRST_WITH_UID: u32 = 22;
/// The prefix of the names of service accounts: namespace and name follow.
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// Whom the headers of a request name.
struct Wanted {
    user: String,
    groups: Vec<String>,
    uid: String,
    extra: BTreeMap<String, Vec<String>>,
}

impl Wanted {
    fn read(headers: &HeaderMap, kubernetes_minor: u32) -> Self {
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let first = |name| headers.get(name).map(text).unwrap_or_default();
        let mut extra = BTreeMap::<String, Vec<String>>::new();
        for (name, value) in headers {
            let Some(key) = name.as_str().strip_prefix(EXTRA) else { continue };
            let key = percent_decode_str(key).decode_utf8_lossy().into_owned();
            extra.entry(key).or_default().push(text(value));
        }
        Self {
            user: first(USER),
            groups: headers.get_all(GROUP).iter().map(text).collect(),
            uid: if kubernetes_minor >= FIRST_WITH_UID { first(UID) } else { String::new() },
            extra,
        }
    }

    fn is_empty(&self) -> bool {
        self.user.is_empty() && self.groups.is_empty() && self.uid.is_empty() && self.extra.is_empty()
    }

    /// Everything that needs a right of its own.
    fn needs(&self) -> Vec<Need<'_>> {
        let service_account = self.user.strip_prefix(SERVICE_ACCOUNT).and_then(|rest| rest.split_once(':'));
        let user = match service_account {
            Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() && !name.contains(':') => {
                Need { kind: "ServiceAccount", group: "", resource: "serviceaccounts", namespace, key: "", name }
            }
            _ => Need::of("User", "", "users", &self.user),
        };
        let groups = self.groups.iter().map(|name| Need::of("Group", "", "groups", name));
        let extra = self.extra.iter().flat_map(|(key, values)| {
            values.iter().map(|name| Need { key, ..Need::of("UserExtra", AUTHENTICATION, "userextras", name) })
        });
        let uid = (!self.uid.is_empty()).then(|| Need::of("UID", AUTHENTICATION, "uids", &self.uid));
        let user = (!self.user.is_empty()).then_some(user);
        user.into_iter().chain(groups).chain(extra).chain(uid).collect()
    }

    /// The user that the request is handled as.
    fn into_user(self) -> User {
        let Self { user, mut groups, uid, extra } = self;
        if groups.is_empty()
            && let Some((namespace, _)) = user.strip_prefix(SERVICE_ACCOUNT).and_then(|rest| rest.split_once(':'))
        {
            groups = vec!["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")];
        }
        let known = |groups: &[String], name: &str| groups.iter().any(|group| group == name);
        let (authenticated, unauthenticated) = ("system:authenticated", "system:unauthenticated");
        if user == ANONYMOUS {
            if !known(&groups, unauthenticated) {
                groups.push(unauthenticated.to_owned());
            }
        } else if !known(&groups, authenticated) && !known(&groups, unauthenticated) {
            groups.push(authenticated.to_owned());
        }
        User { name: user, uid, groups, extra }
    }
}

/// Something that a requester needs the right to impersonate.
struct Need<'a> {
    /// The kind in messages.
    kind: &'static str,
    group: &'static str,
    resource: &'static str,
    namespace: &'a str,
    /// The key of an extra value: a subresource.
    key: &'a str,
    name: &'a str,
}

impl<'a> Need<'a> {
    fn of(kind: &'static str, group: &'static str, resource: &'static str, name: &'a str) -> Self {
        Self { kind, group, resource, namespace: "", key: "", name }
    }

    fn path(&self) -> String {
        if self.key.is_empty() { self.resource.to_owned() } else { format!("{}/{}", self.resource, self.key) }
    }

    fn refusal(&self, user: &User) -> ApiError {
        let mut why = format!(
            "User {:?} cannot {IMPERSONATE} resource {:?} in API group {:?} ",
            user.name,
            self.path(),
            self.group
        );
        // Writing to a text cannot fail.
        let _ = match self.namespace {
            "" => write!(why, "at the cluster scope"),
            namespace => write!(why, "in the namespace {namespace:?}"),
        };
        ApiError::forbidden(Resource { group: self.group, name: self.resource }, self.name, &why)
    }

    /// The reference to an object, as Go prints it.
    fn in_go(&self) -> String {
        let version = if self.group.is_empty() { String::new() } else { format!("{}/v1", self.group) };
        format!("{{{} {} {}  {version}  {}}}", self.kind, self.namespace, self.name, self.key)
    }
}

/// The user that a request of `user` is handled as: the one that its headers name, else `user`.
///
/// # Errors
///
/// 403 if `user` has no right to act as the named user, 500 if the headers name no user.
pub(crate) fn impersonate(access: &Access, parts: &Parts, user: User, kubernetes_minor: u32) -> Result<User> {
    let wanted = Wanted::read(&parts.headers, kubernetes_minor);
    if wanted.is_empty() {
        return Ok(user);
    }
    let needs = wanted.needs();
    if wanted.user.is_empty() {
        let list: Vec<String> = needs.iter().map(Need::in_go).collect();
        let why = format!("requested [{}] without impersonating a user", list.join(" "));
        let uri = parts.uri.path_and_query().map_or("", |uri| uri.as_str());
        return Err(ApiError::internal_text(uri, &why));
    }
    if let Some(denied) = needs.iter().find(|need| !access.allows(&user, IMPERSONATE, need.group, &need.path())) {
        return Err(denied.refusal(&user));
    }
    Ok(wanted.into_user())
}
