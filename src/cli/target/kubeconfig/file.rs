//! The kubeconfig format, as far as a client needs it, and how a file is read.
//!
//! Fields that do not matter to a client (colours, extensions of other tools) are read over, as kubectl does. None of these
//! types is `Debug`: they hold secrets.

use std::{
    collections::BTreeMap,
    path::{MAIN_SEPARATOR, Path, PathBuf},
};

use serde::Deserialize;

use crate::document::{self, Source};

/// A kubeconfig file, or several of them merged.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct KubeconfigFile {
    pub(super) current_context: Option<String>,
    pub(super) clusters: Option<Vec<NamedCluster>>,
    pub(super) users: Option<Vec<NamedUser>>,
    pub(super) contexts: Option<Vec<NamedContext>>,
}

#[derive(Deserialize)]
pub(super) struct NamedCluster {
    pub(super) name: String,
    pub(super) cluster: Option<Cluster>,
}

#[derive(Deserialize)]
pub(super) struct NamedUser {
    pub(super) name: String,
    pub(super) user: Option<AuthInfo>,
}

#[derive(Deserialize)]
pub(super) struct NamedContext {
    pub(super) name: String,
    pub(super) context: Option<Context>,
}

#[derive(Default, Deserialize)]
pub(super) struct Context {
    pub(super) cluster: Option<String>,
    pub(super) user: Option<String>,
    pub(super) namespace: Option<String>,
}

/// `disable-compression` is not among these: the harness never asks for compressed responses.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Cluster {
    pub(super) server: Option<String>,
    pub(super) tls_server_name: Option<String>,
    pub(super) insecure_skip_tls_verify: Option<bool>,
    pub(super) certificate_authority: Option<String>,
    pub(super) certificate_authority_data: Option<String>,
    pub(super) proxy_url: Option<String>,
    pub(super) extensions: Option<Vec<Extension>>,
}

#[derive(Deserialize)]
pub(super) struct Extension {
    pub(super) name: String,
    pub(super) extension: Option<serde_json::Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct AuthInfo {
    pub(super) client_certificate: Option<String>,
    pub(super) client_certificate_data: Option<String>,
    pub(super) client_key: Option<String>,
    pub(super) client_key_data: Option<String>,
    pub(super) token: Option<String>,
    #[serde(rename = "tokenFile")]
    pub(super) token_file: Option<String>,
    #[serde(rename = "as")]
    pub(super) impersonate: Option<String>,
    #[serde(rename = "as-uid")]
    pub(super) impersonate_uid: Option<String>,
    #[serde(rename = "as-groups")]
    pub(super) impersonate_groups: Option<Vec<String>>,
    #[serde(rename = "as-user-extra")]
    pub(super) impersonate_extra: Option<BTreeMap<String, Vec<String>>>,
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
    pub(super) auth_provider: Option<AuthProvider>,
    pub(super) exec: Option<Exec>,
}

#[derive(Deserialize)]
pub(super) struct AuthProvider {
    pub(super) name: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Exec {
    pub(super) api_version: Option<String>,
    pub(super) command: Option<String>,
    pub(super) args: Option<Vec<String>>,
    pub(super) env: Option<Vec<Variable>>,
    pub(super) install_hint: Option<String>,
    #[serde(default)]
    pub(super) provide_cluster_info: bool,
}

#[derive(Clone, Deserialize)]
pub(super) struct Variable {
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: String,
}

impl KubeconfigFile {
    /// Reads one file. Paths in it are relative to its folder.
    ///
    /// # Errors
    /// When it is not a kubeconfig. The message never shows a line of the file, which may hold a secret.
    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, String> {
        let shown = path.display();
        let text = decode(bytes).ok_or_else(|| format!("{shown}: the file is not text in UTF-8 or UTF-16"))?;
        let is_empty = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
        if text.lines().all(is_empty) {
            return Ok(Self::default());
        }
        let source = Source::new(shown.to_string(), text);
        let node = document::parse(&source);
        let file = node.and_then(|node| document::decode::<Self>(&source, &node));
        let mut file = file.map_err(|error| {
            let (line, column) = source.position(error.span.start);
            format!("{shown}:{line}:{column}: {}", error.message)
        })?;
        file.resolve(path.parent().unwrap_or(Path::new("")));
        Ok(file)
    }

    fn resolve(&mut self, folder: &Path) {
        for cluster in self.clusters.iter_mut().flatten().filter_map(|named| named.cluster.as_mut()) {
            resolve(folder, &mut cluster.certificate_authority);
        }
        for user in self.users.iter_mut().flatten().filter_map(|named| named.user.as_mut()) {
            resolve(folder, &mut user.client_certificate);
            resolve(folder, &mut user.client_key);
            resolve(folder, &mut user.token_file);
            // A command without a separator is looked up in PATH.
            let command = user.exec.as_mut().map(|exec| &mut exec.command);
            if let Some(command) =
                command.filter(|command| command.as_ref().is_some_and(|text| text.contains(['/', MAIN_SEPARATOR])))
            {
                resolve(folder, command);
            }
        }
    }

    /// Adds what `other` has and `self` has not: the first file that has a name decides over all of its values.
    pub(super) fn merge(&mut self, other: Self) {
        self.current_context = given(self.current_context.take()).or(other.current_context);
        add(&mut self.clusters, other.clusters, |named| &named.name);
        add(&mut self.users, other.users, |named| &named.name);
        add(&mut self.contexts, other.contexts, |named| &named.name);
    }
}

fn add<T>(into: &mut Option<Vec<T>>, from: Option<Vec<T>>, name: impl Fn(&T) -> &String) {
    let into = into.get_or_insert_default();
    for named in from.into_iter().flatten() {
        if !into.iter().any(|known| name(known) == name(&named)) {
            into.push(named);
        }
    }
}

fn resolve(folder: &Path, path: &mut Option<String>) {
    if let Some(path) = path.as_mut().filter(|path| !path.is_empty()) {
        *path = folder.join(PathBuf::from(&*path)).to_string_lossy().into_owned();
    }
}

/// A value that is there and not empty: an empty one is as if absent, as in kubectl.
pub(super) fn given(value: Option<String>) -> Option<String> {
    value.filter(|text| !text.is_empty())
}

/// Editors and shells of Windows write UTF-16 and byte order marks.
fn decode(bytes: &[u8]) -> Option<String> {
    let wide = |bytes: &[u8], of: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| of([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    const TEXT: &str = "current-context: here\n";

    fn wide(text: &str, mark: [u8; 2], of: fn(u16) -> [u8; 2]) -> Vec<u8> {
        mark.into_iter().chain(text.encode_utf16().flat_map(of)).collect()
    }

    #[rstest]
    #[case::plain(TEXT.as_bytes().to_vec())]
    #[case::windows_lines(TEXT.replace('\n', "\r\n").into_bytes())]
    #[case::byte_order_mark(["\u{feff}", TEXT].concat().into_bytes())]
    #[case::little_endian(wide(TEXT, [0xff, 0xfe], u16::to_le_bytes))]
    #[case::big_endian(wide(TEXT, [0xfe, 0xff], u16::to_be_bytes))]
    #[case::json(b"{\"current-context\": \"here\"}".to_vec())]
    fn every_encoding_of_text_is_read(#[case] bytes: Vec<u8>) {
        let file = KubeconfigFile::parse(Path::new("config"), &bytes).ok().unwrap();
        assert_eq!(file.current_context.as_deref(), Some("here"));
    }

    #[rstest]
    #[case::empty("")]
    #[case::comment("# nothing yet\n")]
    #[case::nulls("apiVersion: v1\nclusters: null\nusers:\ncontexts: []\n")]
    #[case::unknown_fields("kind: Config\npreferences: { colors: true }\nextensions: [{ name: a, extension: {} }]\n")]
    fn a_file_without_entries_is_one(#[case] text: &str) {
        assert!(KubeconfigFile::parse(Path::new("config"), text.as_bytes()).is_ok());
    }

    #[test]
    fn an_error_names_the_place_and_shows_nothing_of_the_file() {
        let text = "users:\n- name: me\n  user:\n    token: [secret-token]\n";
        let error = KubeconfigFile::parse(Path::new("config"), text.as_bytes()).err().unwrap();
        assert!(error.starts_with("config:4:"), "{error}");
        assert!(!error.contains("secret-token"), "{error}");
    }

    #[test]
    fn the_first_file_that_has_a_name_decides_over_all_of_its_values() {
        let file = |text: &str| KubeconfigFile::parse(Path::new("config"), text.as_bytes()).ok().unwrap();
        let mut first = file("users: [{ name: red, user: { username: a } }]\ncurrent-context: ''\n");
        first.merge(file(
            "users: [{ name: red, user: { token: b } }, { name: blue, user: {} }]\ncurrent-context: two\n",
        ));
        let users = first.users.unwrap();
        assert_eq!(users.len(), 2);
        let red = users[0].user.as_ref().unwrap();
        assert_eq!((red.username.as_deref(), red.token.as_deref()), (Some("a"), None));
        assert_eq!(first.current_context.as_deref(), Some("two"));
    }
}
