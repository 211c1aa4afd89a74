//! Exec plugins: commands that print the credentials of a user.
//!
//! What a plugin prints on its standard output is never shown: it may be a token.

use std::{
    io,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{process::Command, sync::Mutex};

use super::{
    context::Selected,
    data_or_file,
    file::{Cluster, Exec, given},
    token_file::bearer,
};
use crate::{
    cli::{exit::CommandError, target::tls::ClientCertificate},
    runner::{Credential, HeaderSource, Need},
};

/// The versions of the protocol that are spoken.
const API_VERSIONS: [&str; 2] = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
/// The extension of a cluster that a plugin gets as its configuration.
const EXTENSION: &str = "client.authentication.k8s.io/exec";
/// How long before its end a token is replaced.
const MARGIN: Duration = Duration::from_secs(60);
/// How much of a plugin's standard error is repeated.
const LONGEST_MESSAGE: usize = 2000;

/// A plugin, ready to be run.
#[derive(Clone)]
pub(super) struct Plugin {
    command: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    api_version: &'static str,
    info: String,
    patience: Duration,
}

/// What a plugin gave.
pub(super) struct Given {
    pub(super) credential: Option<Credential>,
    pub(super) certificate: Option<ClientCertificate>,
}

/// Why a plugin gives no credentials.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExecError {
    #[error("exec plugin `{command}` cannot be started: {problem}")]
    Start { command: String, problem: String, missing: bool },
    #[error("exec plugin `{command}` did not end within {patience:?}")]
    Timeout { command: String, patience: Duration },
    #[error("exec plugin `{command}` failed{}{}", ending(*.status), said(.stderr))]
    Failed { command: String, status: ExitStatus, stderr: String },
    #[error("exec plugin `{command}`: {problem}")]
    Output { command: String, problem: String },
}

#[derive(Deserialize)]
struct ExecCredential {
    kind: Option<String>,
    #[serde(rename = "apiVersion")]
    api_version: Option<String>,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

impl ExecError {
    /// The error of a command, with what the kubeconfig says about installing the plugin.
    pub(super) fn into_command_error(self, exec: &Exec) -> CommandError {
        let error = CommandError::harness(&self);
        match (self, given(exec.install_hint.clone())) {
            (Self::Start { missing: true, .. }, Some(hint)) => error.hint(hint.trim().to_owned()),
            (Self::Start { missing: true, .. }, None) => error.hint("install it, or put its folder into PATH"),
            _ => error,
        }
    }
}

impl Plugin {
    /// The plugin that `exec` describes.
    ///
    /// # Errors
    /// When the description is incomplete.
    pub(super) fn new(exec: &Exec, selected: &Selected, patience: Duration) -> Result<Self, CommandError> {
        let user = &selected.user_name;
        let incomplete = |what: &str| CommandError::usage(format!("`exec` of the kubeconfig's user `{user}` {what}"));
        let command = given(exec.command.clone()).ok_or_else(|| incomplete("has no `command`"))?;
        let version = given(exec.api_version.clone()).ok_or_else(|| incomplete("has no `apiVersion`"))?;
        let Some(api_version) = API_VERSIONS.into_iter().find(|known| *known == version) else {
            return Err(incomplete(&format!("has the `apiVersion` `{version}`, which is not supported"))
                .hint(format!("expected {}", API_VERSIONS.join(" or "))));
        };
        let mut spec = json!({ "interactive": false });
        if exec.provide_cluster_info {
            spec["cluster"] = cluster_info(selected)?;
        }
        let info = json!({ "kind": "ExecCredential", "apiVersion": api_version, "spec": spec });
        let variables = exec.env.iter().flatten();
        Ok(Self {
            command,
            args: exec.args.clone().unwrap_or_default(),
            env: variables.map(|variable| (variable.name.clone(), variable.value.clone())).collect(),
            api_version,
            info: info.to_string(),
            patience,
        })
    }

    /// Runs the plugin for the first time. A token is replaced by running it again shortly before it expires, or once the
    /// server refuses it.
    ///
    /// # Errors
    /// When it gives no credentials.
    pub(super) async fn start(self) -> Result<Given, ExecError> {
        let status = self.run().await?;
        let certificate = self.certificate(&status)?;
        let Some(token) = status.token() else { return Ok(Given { credential: None, certificate }) };
        let end = self.end(&status)?.unwrap_or(Timestamp::MAX);
        Ok(Given { credential: Some(Credential::Source(self.source(token, end))), certificate })
    }

    fn source(self, token: String, end: Timestamp) -> HeaderSource {
        let plugin = Arc::new(self);
        let current = Arc::new(Mutex::new((token, end)));
        Arc::new(move |need| {
            let (plugin, current) = (plugin.clone(), current.clone());
            Box::pin(async move {
                let mut current = current.lock().await;
                if need == Need::Other || Timestamp::now() + MARGIN >= current.1 {
                    *current = plugin.renewed().await.map_err(|error| error.to_string())?;
                }
                bearer(&current.0)
            })
        })
    }

    async fn renewed(&self) -> Result<(String, Timestamp), ExecError> {
        let status = self.run().await?;
        let token = status.token().ok_or_else(|| self.output("it gave a token before, and gives none now"))?;
        Ok((token, self.end(&status)?.unwrap_or(Timestamp::MAX)))
    }

    async fn run(&self) -> Result<Status, ExecError> {
        let mut command = Command::new(&self.command);
        // A run has no terminal to share: a plugin that asks questions would wait for ever.
        command.args(&self.args).envs(self.env.iter().cloned()).stdin(Stdio::null()).kill_on_drop(true);
        command.env("KUBERNETES_EXEC_INFO", &self.info);
        let output = tokio::time::timeout(self.patience, command.output())
            .await
            .map_err(|_| ExecError::Timeout { command: self.command.clone(), patience: self.patience })?
            .map_err(|error| self.not_started(&error))?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(ExecError::Failed { command: self.command.clone(), status: output.status, stderr });
        }
        self.parse(&output.stdout)
    }

    fn parse(&self, stdout: &[u8]) -> Result<Status, ExecError> {
        let text = String::from_utf8_lossy(stdout);
        // Some plugins print YAML, which client-go takes.
        let source = crate::document::Source::new("exec plugin", &*text);
        let credential = crate::document::parse(&source)
            .and_then(|node| crate::document::decode::<ExecCredential>(&source, &node))
            .map_err(|_| self.output("its standard output is not an ExecCredential in JSON"))?;
        if credential.kind.as_deref() != Some("ExecCredential") {
            return Err(self.output("its standard output is not an ExecCredential in JSON"));
        }
        match credential.api_version {
            Some(version) if version == self.api_version => {}
            version => {
                let found = version.unwrap_or_default();
                return Err(self.output(&format!("expected the apiVersion `{}`, found `{found}`", self.api_version)));
            }
        }
        let status = credential.status.ok_or_else(|| self.output("it gave no `status`"))?;
        if status.token().is_none() && status.client_certificate_data.is_none() && status.client_key_data.is_none() {
            return Err(self.output("it gave neither a token nor a client certificate"));
        }
        Ok(status)
    }

    fn certificate(&self, status: &Status) -> Result<Option<ClientCertificate>, ExecError> {
        match (&status.client_certificate_data, &status.client_key_data) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => ClientCertificate::from_pem(certificate.as_bytes(), key.as_bytes())
                .map(Some)
                .map_err(|error| self.output(&format!("its client certificate: {error}"))),
            _ => Err(self.output("it gave one of a client certificate and its key: expected both")),
        }
    }

    /// When the credentials expire.
    fn end(&self, status: &Status) -> Result<Option<Timestamp>, ExecError> {
        let parse = |text: &String| text.parse().map_err(|_| self.output("its `expirationTimestamp` is not a time"));
        status.expiration_timestamp.as_ref().map(parse).transpose()
    }

    fn output(&self, problem: &str) -> ExecError {
        ExecError::Output { command: self.command.clone(), problem: problem.to_owned() }
    }

    fn not_started(&self, error: &io::Error) -> ExecError {
        let missing = error.kind() == io::ErrorKind::NotFound;
        let problem = if missing { "no such command".to_owned() } else { super::io_text(error) };
        ExecError::Start { command: self.command.clone(), problem, missing }
    }
}

impl Status {
    fn token(&self) -> Option<String> {
        self.token.as_deref().map(str::trim).filter(|token| !token.is_empty()).map(str::to_owned)
    }
}

/// `spec.cluster` of what a plugin gets with `provideClusterInfo`.
fn cluster_info(selected: &Selected) -> Result<Value, CommandError> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let Cluster { tls_server_name, insecure_skip_tls_verify, proxy_url, extensions, .. } = &selected.cluster;
    let authority = data_or_file(
        "certificate-authority",
        selected.cluster.certificate_authority_data.as_deref(),
        selected.cluster.certificate_authority.as_deref(),
    )?;
    let extension = extensions.iter().flatten().find(|extension| extension.name == EXTENSION);
    let fields = [
        ("server", Some(json!(selected.server))),
        ("tls-server-name", tls_server_name.as_ref().map(|name| json!(name))),
        ("insecure-skip-tls-verify", insecure_skip_tls_verify.filter(|skip| *skip).map(|skip| json!(skip))),
        ("certificate-authority-data", authority.map(|pem| json!(STANDARD.encode(pem)))),
        ("proxy-url", proxy_url.as_ref().map(|url| json!(url))),
        ("config", extension.and_then(|extension| extension.extension.clone())),
    ];
    Ok(fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect::<serde_json::Map<_, _>>()
        .into())
}

fn ending(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!(" with exit code {code}"),
        None => " by a signal".to_owned(),
    }
}

fn said(stderr: &str) -> String {
    let text = stderr.trim();
    let start = text.char_indices().rev().nth(LONGEST_MESSAGE).map_or(0, |(index, _)| index);
    match &text[start..] {
        "" => String::new(),
        text => format!(": {text}"),
    }
}
