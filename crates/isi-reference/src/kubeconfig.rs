//! The kubeconfig of a running reference: what `kubectl`, `oc` and client libraries are pointed at it with.

use std::{fs, io, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::http::yaml;

/// The name of the cluster in the file.
const CLUSTER: &str = "isi-reference";
/// The namespace that commands of clients concern unless they name another one.
const NAMESPACE: &str = "default";

/// How clients reach a server, and as whom: one cluster, and a context for each user.
///
/// kubectl and oc send tokens over HTTPS only: on a server of plain HTTP they are anonymous.
#[derive(Clone)]
pub struct Kubeconfig {
    /// The base URL of the server.
    pub(crate) server: String,
    /// The certificate in PEM that the server is trusted by; `None` for plain HTTP, and where only the caller knows it.
    pub(crate) authority: Option<String>,
    /// Names of users with their tokens. The first one is who clients are unless they say otherwise.
    pub(crate) users: Vec<(String, String)>,
}

impl Kubeconfig {
    /// The file in YAML.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        yaml::render(&self.to_value())
    }

    /// Writes the file. It holds tokens, so only its owner may read it.
    ///
    /// # Errors
    /// What the operating system says, if the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        io::Write::write_all(&mut options.open(path)?, self.to_yaml().as_bytes())
    }

    fn to_value(&self) -> Value {
        let mut cluster = json!({ "server": self.server });
        if let Some(authority) = &self.authority {
            cluster["certificate-authority-data"] = STANDARD.encode(authority).into();
        }
        let context = |(name, _): &(String, String)| json!({ "name": name, "context": { "cluster": CLUSTER, "user": name, "namespace": NAMESPACE } });
        let user = |(name, token): &(String, String)| json!({ "name": name, "user": { "token": token } });
        json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{ "name": CLUSTER, "cluster": cluster }],
            "users": self.users.iter().map(user).collect::<Vec<_>>(),
            "contexts": self.users.iter().map(context).collect::<Vec<_>>(),
            "current-context": self.users.first().map(|(name, _)| name.as_str()).unwrap_or_default(),
        })
    }
}

impl std::fmt::Debug for Kubeconfig {
    /// Without the tokens.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Kubeconfig").field("server", &self.server).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_user_has_a_context_and_the_first_is_the_current_one() {
        let user = |name: &str, token: &str| (name.to_owned(), token.to_owned());
        let config = Kubeconfig {
            server: "https://127.0.0.1:6443".to_owned(),
            authority: Some("PEM".to_owned()),
            users: vec![user("admin", "admin-token"), user("yes: no", "12")],
        };
        insta::assert_snapshot!(config.to_yaml(), @r#"
        apiVersion: v1
        clusters:
        - cluster:
            certificate-authority-data: UEVN
            server: https://127.0.0.1:6443
          name: isi-reference
        contexts:
        - context:
            cluster: isi-reference
            namespace: default
            user: admin
          name: admin
        - context:
            cluster: isi-reference
            namespace: default
            user: 'yes: no'
          name: 'yes: no'
        current-context: admin
        kind: Config
        users:
        - name: admin
          user:
            token: admin-token
        - name: 'yes: no'
          user:
            token: "12"
        "#);
    }
}
