//! The objects that every cluster has.

use serde_json::json;

use super::State;

/// The configuration of images, in the name of the store.
pub(crate) const IMAGE_CONFIG: &str = "config.openshift.io/images";

impl State {
    /// Puts the objects that every cluster has into a new store.
    pub(crate) fn seed(&mut self) {
        let object = json!({ "kind": "Image", "apiVersion": "config.openshift.io/v1", "metadata": {}, "spec": {} });
        self.put_object(IMAGE_CONFIG, (String::new(), "cluster".to_owned()), object);
    }
}
