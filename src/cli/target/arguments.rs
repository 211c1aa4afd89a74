//! Where the implementation is, and who asks.

use std::path::PathBuf;

use clap::Args;

use super::kubeconfig::Kubeconfig;
use crate::{
    cli::{exit::CommandError, host::is_label},
    redaction::{Secrets, without_userinfo},
    suite::Feature,
};

/// What the embedded reference is called in reports.
pub(in crate::cli) const EMBEDDED: &str = "the embedded reference";

/// Where the implementation is, and who asks.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Target")]
pub struct TargetArguments {
    /// The base URL of the implementation; the embedded reference if absent.
    #[arg(long, value_name = "URL", env = "ISI_TARGET")]
    pub target: Option<String>,
    /// The bearer token of the user of the run, in place of the kubeconfig's user and its client certificate.
    #[arg(long, env = "ISI_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// The bearer token of a cluster administrator, for cases that need one.
    #[arg(long, value_name = "TOKEN", env = "ISI_ADMIN_TOKEN", hide_env_values = true)]
    pub admin_token: Option<String>,
    /// The bearer token of a user who may create imports, but no images.
    #[arg(long, value_name = "TOKEN", env = "ISI_RESTRICTED_TOKEN", hide_env_values = true)]
    pub restricted_token: Option<String>,
    /// Take URL, certificate authority and credentials from this kubeconfig; several are merged, as in KUBECONFIG: `a:b`.
    #[arg(long, value_name = "PATH", env = "ISI_KUBECONFIG")]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig; its current one if absent.
    #[arg(long, value_name = "NAME", requires = "kubeconfig")]
    pub context: Option<String>,
    /// Trust the certificates of this authority too, in PEM.
    #[arg(long, value_name = "PEM", env = "ISI_CERTIFICATE_AUTHORITY")]
    pub certificate_authority: Option<PathBuf>,
    /// Trust any certificate of the implementation.
    #[arg(long, conflicts_with = "certificate_authority")]
    pub insecure_skip_tls_verify: bool,
    /// Work in this namespace, which is there already; one of its own if absent.
    #[arg(long, value_name = "NAME", env = "ISI_NAMESPACE", value_parser = namespace)]
    pub namespace: Option<String>,
    /// Features that the target has, whatever the probes find, such as `offline,trusted-ca`.
    #[arg(
        long,
        value_name = "FEATURE",
        env = "ISI_HAS",
        value_enum,
        value_delimiter = ',',
        hide_possible_values = true
    )]
    pub has: Vec<Feature>,
    /// Features that the target lacks on purpose, such as `streams,images`: steps that need them are left out.
    #[arg(
        long,
        value_name = "FEATURE",
        env = "ISI_WITHOUT",
        value_enum,
        value_delimiter = ',',
        hide_possible_values = true
    )]
    pub without: Vec<Feature>,
}

impl TargetArguments {
    /// Whether the embedded reference is the target.
    #[must_use]
    pub const fn is_embedded(&self) -> bool {
        self.target.is_none() && self.kubeconfig.is_none()
    }

    /// What the target is called in reports.
    ///
    /// # Errors
    /// When a kubeconfig cannot be read.
    pub(in crate::cli) fn name(&self) -> Result<String, CommandError> {
        match (&self.target, &self.kubeconfig) {
            (Some(url), _) => Ok(without_userinfo(url.trim()).trim_end_matches('/').to_owned()),
            (None, Some(path)) => {
                let kubeconfig = Kubeconfig::read(path, self.context.as_deref())?;
                Ok(kubeconfig.server().trim_end_matches('/').to_owned())
            }
            (None, None) => Ok(EMBEDDED.to_owned()),
        }
    }

    /// The namespace that the context of the kubeconfig names, if there is one.
    pub(in crate::cli) fn namespace_of_context(&self) -> Option<String> {
        Kubeconfig::read(self.kubeconfig.as_deref()?, self.context.as_deref()).ok()?.namespace()
    }

    /// Makes known what must be written nowhere.
    pub(in crate::cli) fn know_secrets(&self) {
        let secrets = Secrets::of_this_process();
        [&self.token, &self.admin_token, &self.restricted_token].into_iter().flatten().for_each(|token| {
            secrets.add(token.trim());
        });
        self.target.iter().for_each(|url| secrets.add_url(url));
        let files = self.kubeconfig.iter().flat_map(|paths| std::env::split_paths(paths).collect::<Vec<_>>());
        // Whether they can be read is said where they are used.
        files.filter_map(|path| std::fs::read_to_string(path).ok()).for_each(|text| secrets.add_kubeconfig(&text));
    }
}

/// A name that a namespace can have.
fn namespace(text: &str) -> Result<String, String> {
    let name = text.trim();
    let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    if is_label(name) && is_lower && name.len() <= 63 {
        return Ok(name.to_owned());
    }
    Err("expected the name of a namespace: at most 63 lower-case letters, digits and `-`".to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("team-a", true)]
    #[case("7", true)]
    #[case("Team", false)]
    #[case("team_a", false)]
    #[case("-a", false)]
    #[case("a/b", false)]
    #[case("", false)]
    fn a_namespace_has_the_name_of_one(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(namespace(text).is_ok(), expected);
    }
}
