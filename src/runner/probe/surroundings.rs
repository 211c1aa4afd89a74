//! Probes of what stands around the API: users, pull secrets, namespaces, configuration of the cluster.

use http::Method;
use serde_json::json;

use super::{FeatureProbe, import_request};
use crate::{
    runner::target::Target,
    suite::{Body, Feature, Request, User},
};

const NO_ADMINISTRATOR: &str = "there are no credentials of a cluster administrator";

impl FeatureProbe<'_> {
    /// Finds out which users there are, and what can be placed around imports.
    pub(super) async fn surroundings(&mut self) {
        let target = &self.session.target;
        if self.wants(&[Feature::Users]) && has_no_credentials(target) {
            let request = Request { body: Body::Json(self.import(None)), ..import_request() };
            if let Ok(answered) = self.send(&request, User::Anonymous).await
                && !matches!(answered.status, 401 | 403)
            {
                let reason = format!("a request without credentials answers {}", answered.status);
                self.absent(Feature::Users, reason);
            }
        }
        if target.users.restricted.is_none() {
            self.absent(Feature::RestrictedUser, "there are no credentials of a restricted user");
        }
        self.absent(Feature::TrustedCa, "`--registry-authority` names no authority that the implementation trusts");
        self.absent(
            Feature::ServerConfiguration,
            "`--has server-configuration` says that the implementation was started as the suite wants it",
        );
        self.absent(
            Feature::Offline,
            "`--has offline` says that the implementation cannot reach registries on the internet",
        );
        let namespace = &self.session.namespace;
        if self.wants(&[Feature::PullSecrets]) {
            let body = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": self.stream("probe") } });
            let path = format!("/api/v1/namespaces/{namespace}/secrets");
            let request = Request { body: Body::Json(body), ..Request::new(Method::POST, path) };
            match self.send(&request, User::User).await {
                Ok(answered) if (200..300).contains(&answered.status) => {}
                Ok(answered) => {
                    let reason = format!("{} answers {}", self.described(&request), answered.status);
                    self.absent(Feature::PullSecrets, reason);
                }
                Err(error) => self.absent(Feature::PullSecrets, format!("{}: {error}", self.described(&request))),
            }
        }
        for (feature, path, user) in [
            (Feature::ClusterConfiguration, "/apis/config.openshift.io/v1/images".to_owned(), User::Admin),
            (Feature::Namespaces, format!("/api/v1/namespaces/{namespace}"), User::User),
        ] {
            if self.wants(&[feature])
                && let Some(reason) = self.cannot_read(&path, user).await
            {
                self.absent(feature, reason);
            }
        }
        if self.wants(&[Feature::ClusterAdmin])
            && let Some(reason) = self.no_administrator().await
        {
            self.absent(Feature::ClusterAdmin, reason);
        }
        if self.wants(&[Feature::AnyNamespace])
            && let Some(reason) = self.looks_up_namespaces().await
        {
            self.absent(Feature::AnyNamespace, reason);
        }
    }

    /// Why `path` cannot be read, if it cannot.
    async fn cannot_read(&self, path: &str, user: User) -> Option<String> {
        if user == User::Admin && self.has_no_administrator() {
            return Some(NO_ADMINISTRATOR.to_owned());
        }
        let request = Request::new(Method::GET, path);
        match self.send(&request, user).await {
            Ok(answered) if answered.status == 200 => None,
            Ok(answered) => Some(format!("{} answers {}", self.described(&request), answered.status)),
            Err(error) => Some(format!("{}: {error}", self.described(&request))),
        }
    }

    /// Why requests cannot be sent as an administrator, if they cannot. Whether images can be read at all is a feature of
    /// its own.
    async fn no_administrator(&self) -> Option<String> {
        if self.found.contains_key(&Feature::Users) {
            return None;
        }
        if self.has_no_administrator() {
            return Some(NO_ADMINISTRATOR.to_owned());
        }
        let request = Request::new(Method::GET, "/apis/image.openshift.io/v1/images?limit=1");
        match self.send(&request, User::Admin).await {
            Ok(answered) if matches!(answered.status, 401 | 403) => {
                Some(format!("{} answers {}", self.described(&request), answered.status))
            }
            Ok(_) => None,
            Err(error) => Some(format!("{}: {error}", self.described(&request))),
        }
    }

    fn has_no_administrator(&self) -> bool {
        let target = &self.session.target;
        !target.users.get(User::Admin).has_credentials() && !self.found.contains_key(&Feature::Users)
    }

    /// How the target looks up namespaces, if it does: an empty import into one that is not there is refused as such, and
    /// not for being empty.
    async fn looks_up_namespaces(&self) -> Option<String> {
        // A name of the run's own, also where the run works in a namespace that it did not make.
        let namespace = self.session.run.namespace();
        let path = format!("/apis/image.openshift.io/v1/namespaces/{namespace}-nowhere/imagestreamimports");
        let body = json!({ "apiVersion": "image.openshift.io/v1", "kind": "ImageStreamImport" });
        let request = Request { body: Body::Json(body), ..Request::new(Method::POST, &*path) };
        match self.send(&request, User::User).await {
            Ok(answered) if answered.status == 422 => None,
            Ok(answered) => Some(format!("an import into a namespace that is not there answers {}", answered.status)),
            Err(error) => Some(error.to_string()),
        }
    }
}

const fn has_no_credentials(target: &Target) -> bool {
    !target.users.get(User::Admin).has_credentials() && !target.users.get(User::Restricted).has_credentials()
}
