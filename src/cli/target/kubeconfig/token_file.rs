//! `tokenFile`: a token that something else keeps fresh in a file.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use http::HeaderValue;

use super::io_text;
use crate::runner::{HeaderSource, Need};

/// How long a token is used before the file is read again; client-go's minute.
const FRESH: Duration = Duration::from_secs(60);

/// A token that is read from a file again and again. The last one that could be read is used if the file goes away.
struct TokenFile {
    path: PathBuf,
    last: Mutex<Option<(String, Instant)>>,
}

/// Reads the token of `path` now, and again each minute or once the server refuses it. `static_token` is used while the file cannot be read.
///
/// # Errors
/// When there is no static token and the file cannot be read.
pub(super) fn source(path: PathBuf, static_token: Option<String>) -> Result<HeaderSource, String> {
    let file = Arc::new(TokenFile { path, last: Mutex::new(None) });
    if static_token.is_none() {
        file.token(Need::Current)?;
    }
    Ok(Arc::new(move |need| {
        let token =
            file.token(need).or_else(|problem| static_token.clone().ok_or(problem)).and_then(|token| bearer(&token));
        Box::pin(std::future::ready(token))
    }))
}

/// The value of an `Authorization` header with a bearer token.
pub(super) fn bearer(token: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| "the token has characters that a header cannot have".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

impl TokenFile {
    fn token(&self, need: Need) -> Result<String, String> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, read)) = last.as_ref()
            && need == Need::Current
            && read.elapsed() < FRESH
        {
            return Ok(token.clone());
        }
        match self.read() {
            Ok(token) => {
                *last = Some((token.clone(), Instant::now()));
                Ok(token)
            }
            Err(problem) => last.as_ref().map(|(token, _)| token.clone()).ok_or(problem),
        }
    }

    fn read(&self) -> Result<String, String> {
        let path = self.path.display();
        let text = std::fs::read_to_string(&self.path)
            .map_err(|error| format!("`tokenFile` of the kubeconfig: {path}: {}", io_text(&error)))?;
        match text.trim() {
            "" => Err(format!("`tokenFile` of the kubeconfig: {path}: the file is empty")),
            token => Ok(token.to_owned()),
        }
    }
}
