//! The objects that every cluster has.

use serde_json::json;

use super::State;
use crate::version::ApiVersion;

/// The configuration of images, in the name of the store.
pub(crate) const IMAGE_CONFIG: &str = "config.openshift.io/images";

/// The version of the cluster, in the name of the store.
pub(crate) const CLUSTER_VERSION: &str = "clusterversions";

impl State {
    /// Puts the objects that every cluster of `version` has into a new store.
    pub(crate) fn seed(&mut self, version: ApiVersion) {
        let object = json!({ "kind": "Image", "apiVersion": "config.openshift.io/v1", "metadata": {}, "spec": {} });
        self.put_object(IMAGE_CONFIG, (String::new(), "cluster".to_owned()), object);
        if version >= ApiVersion::V4_2 {
            let release = format!("{version}.0");
            let update = json!({ "state": "Completed", "version": release, "image": "", "verified": false });
            let object = json!({
                "kind": "ClusterVersion", "apiVersion": "config.openshift.io/v1", "metadata": {}, "spec": {},
                "status": { "desired": { "version": release, "image": "" }, "history": [update] },
            });
            self.put_object(CLUSTER_VERSION, (String::new(), "version".to_owned()), object);
        }
    }
}
