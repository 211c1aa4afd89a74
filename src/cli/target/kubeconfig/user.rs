//! The credentials of a kubeconfig's user, with client-go's order of precedence.

use std::time::Duration;

use super::{
    KubeconfigUser,
    context::Selected,
    data_or_file,
    exec::Plugin,
    file::{AuthInfo, given},
    impersonation, token_file,
};
use crate::{
    cli::{exit::CommandError, target::tls::ClientCertificate},
    runner::Credential,
};

/// Reads the credentials; an exec plugin is run once, so that it fails before the run and not within it.
///
/// # Errors
/// When a field cannot be used, or two contradict each other.
pub(super) async fn read(selected: &Selected, patience: Duration) -> Result<KubeconfigUser, CommandError> {
    let user = &selected.user;
    contradictions(user)?;
    let impersonation = impersonation::headers(user)?;
    let mut certificate = certificate(user)?;
    let mut credential = fixed(user)?;
    if credential.is_none()
        && let Some(exec) = &user.exec
    {
        let plugin = Plugin::new(exec, selected, patience)?;
        let given = plugin.start().await.map_err(|error| error.into_command_error(exec))?;
        certificate = given.certificate.or(certificate);
        credential = given.credential;
    }
    let credential = match (credential, &certificate) {
        (Some(credential), _) => credential,
        (None, Some(_)) => Credential::ClientCertificate,
        (None, None) => Credential::None,
    };
    Ok(KubeconfigUser { credential, certificate, impersonation })
}

/// A token, a token file, or a name and a password.
fn fixed(user: &AuthInfo) -> Result<Option<Credential>, CommandError> {
    let token = user.token.as_deref().map(str::trim).filter(|token| !token.is_empty()).map(str::to_owned);
    if let Some(path) = given(user.token_file.clone()) {
        return token_file::source(path.into(), token)
            .map(|source| Some(Credential::Source(source)))
            .map_err(CommandError::usage);
    }
    if let Some(token) = token {
        return Ok(Some(Credential::Bearer(token)));
    }
    Ok(given(user.username.clone())
        .map(|username| Credential::Basic { username, password: user.password.clone().unwrap_or_default() }))
}

fn certificate(user: &AuthInfo) -> Result<Option<ClientCertificate>, CommandError> {
    let read =
        |name, data: &Option<String>, path: &Option<String>| data_or_file(name, data.as_deref(), path.as_deref());
    let certificate = read("client-certificate", &user.client_certificate_data, &user.client_certificate)?;
    let key = read("client-key", &user.client_key_data, &user.client_key)?;
    match (certificate, key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => ClientCertificate::from_pem(&certificate, &key)
            .map(Some)
            .map_err(|error| CommandError::usage(format!("client certificate of the kubeconfig: {error}"))),
        (Some(_), None) => Err(CommandError::usage("the kubeconfig has `client-certificate` without `client-key`")),
        (None, Some(_)) => Err(CommandError::usage("the kubeconfig has `client-key` without `client-certificate`")),
    }
}

/// What kubectl refuses too.
fn contradictions(user: &AuthInfo) -> Result<(), CommandError> {
    let is_given = |field: &Option<String>| field.as_ref().is_some_and(|text| !text.is_empty());
    let basic = is_given(&user.username) || is_given(&user.password);
    if basic && (is_given(&user.token) || is_given(&user.token_file)) {
        return Err(CommandError::usage("the kubeconfig has a token and a name with a password: expected one of them"));
    }
    if let Some(provider) = &user.auth_provider {
        let name = provider.name.as_deref().unwrap_or_default();
        return Err(CommandError::usage(format!("the kubeconfig's `auth-provider` `{name}` is not supported"))
            .hint("kubectl dropped these as well: use an exec plugin, or give a token with `--token`"));
    }
    Ok(())
}
