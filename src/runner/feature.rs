//! What a target has, so that a case that needs more is skipped with a reason.

use std::collections::BTreeMap;

use http::Method;

use super::target::{Credential, Prepared, Target};
use crate::suite::{Body, Feature, Request, User};

/// The features of a target; for each one that is absent, why.
#[derive(Debug, Clone, Default)]
pub struct Features {
    absent: BTreeMap<Feature, String>,
}

impl Features {
    /// Finds out what the target has. `declared` are features that the person who starts the run vouches for: those that
    /// no request can find out.
    pub async fn of(target: &Target, namespace: &str, declared: &[Feature]) -> Self {
        let mut absent = BTreeMap::new();
        let mut note = |feature: Feature, reason: Option<String>| {
            if let Some(reason) = reason.filter(|_| !declared.contains(&feature)) {
                absent.insert(feature, reason);
            }
        };
        let secrets = format!("/api/v1/namespaces/{namespace}/secrets");
        note(Feature::PullSecrets, can_read(target, &secrets, User::User).await);
        let images = "/apis/image.openshift.io/v1/images?limit=1";
        note(Feature::ClusterAdmin, can_read(target, images, User::Admin).await);
        let configuration = "/apis/config.openshift.io/v1/images";
        note(Feature::ClusterConfiguration, can_read(target, configuration, User::Admin).await);
        note(Feature::AnyNamespace, looks_up_namespaces(target, namespace).await);
        note(
            Feature::TrustedCa,
            Some("`--registry-authority` names no authority that the implementation trusts".to_owned()),
        );
        note(
            Feature::ServerConfiguration,
            Some(
                "`--has server-configuration` says that the implementation was started as the suite wants it"
                    .to_owned(),
            ),
        );
        note(
            Feature::Offline,
            Some("`--has offline` says that the implementation cannot reach registries on the internet".to_owned()),
        );
        note(
            Feature::RestrictedUser,
            target.restricted.is_none().then(|| "there are no credentials of a restricted user".to_owned()),
        );
        Self { absent }
    }

    /// Why something of what is needed is absent.
    #[must_use]
    pub fn missing(&self, needs: &[Feature]) -> Option<String> {
        let reasons: Vec<String> = needs
            .iter()
            .filter_map(|feature| Some(format!("needs {feature}: {}", self.absent.get(feature)?)))
            .collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }
}

/// How the target looks up namespaces, if it does: an empty import into one that is not there is refused as such, and not
/// for being empty.
async fn looks_up_namespaces(target: &Target, namespace: &str) -> Option<String> {
    let path = format!("/apis/image.openshift.io/v1/namespaces/{namespace}-nowhere/imagestreamimports");
    let body = serde_json::json!({ "apiVersion": "image.openshift.io/v1", "kind": "ImageStreamImport" });
    let request = Request { body: Body::Json(body), ..Request::new(Method::POST, &*path) };
    let answered = match Prepared::new(&request, "") {
        Ok(prepared) => target.ask(&prepared, User::User).await,
        Err(error) => Err(error),
    };
    match answered {
        Ok(answered) if answered.status == 422 => None,
        Ok(answered) => Some(format!("an import into a namespace that is not there answers {}", answered.status)),
        Err(error) => Some(error.to_string()),
    }
}

/// Why `path` cannot be read, if it cannot.
async fn can_read(target: &Target, path: &str, user: User) -> Option<String> {
    if user == User::Admin && target.admin.is_none() && matches!(target.user, Credential::None) {
        return Some("there are no credentials of a cluster administrator".to_owned());
    }
    let prepared = match Prepared::new(&Request::new(Method::GET, path), "") {
        Ok(prepared) => prepared,
        Err(error) => return Some(error.to_string()),
    };
    match target.ask(&prepared, user).await {
        Ok(answered) if answered.status == 200 => None,
        Ok(answered) => Some(format!("GET {path} answers {}", answered.status)),
        Err(error) => Some(format!("GET {path}: {error}")),
    }
}
