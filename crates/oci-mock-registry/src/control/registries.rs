//! The registries of the process.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    call::{Call, Reply},
    error::ControlError,
    members::MemberInfo,
    operation::Outcome,
};
use crate::{
    fixture::{ImageFile, ImageRecipe, RegistryFixture},
    registry::{Registry, StartError},
};

/// How long requests under way have when their registry is removed.
const GRACE: Duration = Duration::from_secs(1);

/// All registries.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Registries {
    registries: Vec<MemberInfo>,
}

/// A registry to be started.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewRegistry {
    /// Its name here: letters, digits, `.`, `_` and `-`.
    name: String,
    /// The address to listen on; a free port of 127.0.0.1 if absent.
    #[schemars(with = "Option<String>")]
    listen: Option<SocketAddr>,
    /// The host, with port, by which clients reach it, if it is not the address.
    host: Option<String>,
    /// What it holds and how it behaves, as in a fixture file. Paths are those of the process.
    #[serde(default)]
    fixture: RegistryFixture,
    /// Recipes of images, besides the built-in ones, as in a file of recipes.
    #[serde(default)]
    images: BTreeMap<String, ImageRecipe>,
}

pub(super) fn list(call: &mut Call) -> Outcome {
    Reply::ok(&Registries { registries: call.members.all() })
}

pub(super) fn get(call: &mut Call) -> Outcome {
    Reply::ok(&call.member()?.about)
}

pub(super) async fn create(mut call: Call) -> Outcome {
    let NewRegistry { name, listen, host, fixture, images } = call.take_json()?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.is_empty() || !name.bytes().all(is_name) {
        let message = format!("invalid name `{name}`: expected letters, digits, `.`, `_` and `-`");
        return Err(ControlError::body(message));
    }
    let mut catalogue = call.members.catalogue.clone();
    catalogue.extend(ImageFile { images });
    let mut builder = Registry::builder().fixture(fixture).catalogue(catalogue);
    if let Some(address) = listen {
        builder = builder.listen(address);
    }
    if let Some(host) = host {
        builder = builder.host(host);
    }
    #[cfg(feature = "tls")]
    if let Some(authority) = &call.members.authority {
        builder = builder.authority(authority.clone());
    }
    let registry = builder.start().await.map_err(|error| match &error {
        StartError::Listen { .. } => ControlError::new(StatusCode::CONFLICT, error.to_string()),
        _ => ControlError::body(error.to_string()),
    })?;
    match call.members.add(&name, registry) {
        Ok(about) => Reply::created(&about),
        Err(taken) => Err(ControlError::new(StatusCode::CONFLICT, taken.to_string())),
    }
}

pub(super) async fn remove(call: Call) -> Outcome {
    let name = call.part("registry");
    let Some(member) = call.members.remove(name) else {
        return Err(ControlError::unknown("registry", name, call.members.names()));
    };
    member.stop(GRACE).await;
    Ok(Reply::nothing())
}
