//! From the command line to a target: a URL, or a kubeconfig.

use std::time::Duration;

use super::{arguments::TargetArguments, kubeconfig::Kubeconfig, tls::Authorities, transport::Transport, trust::Trust};
use crate::{
    cli::exit::CommandError,
    runner::{Credential, Identity, Target, Users},
};

/// The target that a URL or a kubeconfig names.
///
/// # Errors
/// When neither is given, or a file cannot be used.
pub(in crate::cli) async fn connect(given: &TargetArguments, patience: Duration) -> Result<Target, CommandError> {
    let token = given.token.as_deref().map(|token| bearer("--token", token)).transpose()?;
    match (&given.target, &given.kubeconfig) {
        (None, None) => {
            Err(CommandError::usage("there is no target").hint("`--target URL` or `--kubeconfig PATH` names one"))
        }
        (url, Some(path)) => {
            let kubeconfig = Kubeconfig::read(path, given.context.as_deref())?;
            let url = url.as_deref().unwrap_or_else(|| kubeconfig.server());
            let transport = kubeconfig.transport(url, trust(given)?)?;
            let user = match token {
                // Another user than that of the kubeconfig: without its client certificate and its impersonation.
                Some(token) => Identity::new(transport.client(None)?, token),
                None => kubeconfig.user(patience).await?.identity(&transport)?,
            };
            remote(&transport, user, given, patience)
        }
        (Some(url), None) => {
            let transport = Transport::new(url, &trust(given)?.with(Authorities::System(Vec::new()))?)?;
            let user = Identity::new(transport.client(None)?, token.unwrap_or(Credential::None));
            remote(&transport, user, given, patience)
        }
    }
}

fn remote(
    transport: &Transport,
    user: Identity,
    given: &TargetArguments,
    patience: Duration,
) -> Result<Target, CommandError> {
    let identity = |option, token: &Option<String>| match token {
        None => Ok(None),
        Some(token) => Ok(Some(Identity::new(transport.client(None)?, bearer(option, token)?))),
    };
    let users = Users {
        admin: identity("--admin-token", &given.admin_token)?,
        restricted: identity("--restricted-token", &given.restricted_token)?,
        ..Users::new(user, || transport.client(None))?
    };
    Ok(Target { alias: transport.alias(), ..Target::new(transport.base(), users, patience) })
}

/// A bearer token as people paste it, with the line break of a file behind it. It is never repeated.
fn bearer(option: &str, token: &str) -> Result<Credential, CommandError> {
    let token = token.trim();
    let problem = match token {
        "" => "the token is empty",
        token if token.starts_with("Bearer ") => "expected the token alone, without `Bearer`",
        token if !token.bytes().all(|byte| byte.is_ascii_graphic()) => "the token has characters that no token has",
        token => return Ok(Credential::Bearer(token.to_owned())),
    };
    Err(CommandError::usage(format!("{option}: {problem}")))
}

fn trust(given: &TargetArguments) -> Result<Trust, CommandError> {
    Trust::read(given.certificate_authority.as_deref(), given.insecure_skip_tls_verify)
}
