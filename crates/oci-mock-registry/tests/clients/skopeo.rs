//! skopeo, which is containers/image: what podman, buildah and CRI-O use.

use std::{fs, path::Path, process::Command};

use libtest_mimic::{Failed, Trial};
use oci_mock_registry::{
    fixture::{Auth, Profile, Tls},
    registry::{Authority, Registry, RegistryBuilder},
};
use serde_json::Value;

use crate::runtime;

pub(crate) fn trials() -> Vec<Trial> {
    type Test = fn() -> Result<(), Failed>;
    let tests: [(&str, Test); 9] = [
        ("inspects_over_http", inspects_over_http),
        ("inspects_over_tls_with_the_authority_it_trusts", inspects_over_tls_with_the_authority_it_trusts),
        ("inspects_with_basic", || inspects_with(Auth::basic())),
        ("inspects_with_bearer", || inspects_with(Auth::bearer())),
        ("copies_all_platforms_out_and_in_again", copies_all_platforms_out_and_in_again),
        ("writes_archives_that_are_served", writes_archives_that_are_served),
        ("deletes_what_it_pushed", deletes_what_it_pushed),
        ("pulls_from_every_profile", pulls_from_every_profile),
        ("pushes_to_every_profile", pushes_to_every_profile),
    ];
    tests.into_iter().map(|(name, test)| Trial::test(format!("skopeo::{name}"), test)).collect()
}

fn app() -> RegistryBuilder {
    Registry::builder().tag("lib/app", "v1", "s2-basic").tag("lib/app", "multi", "index-multi")
}

/// What skopeo says; an error is what it says on standard error.
pub(crate) fn skopeo(arguments: &[&str]) -> Result<String, Failed> {
    let output = Command::new("skopeo").args(arguments).output()?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(format!("skopeo {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr)).into())
    }
}

fn digest(inspected: &str) -> Result<String, Failed> {
    let inspected: Value = serde_json::from_str(inspected)?;
    Ok(inspected["Digest"].as_str().ok_or("there is no digest")?.to_owned())
}

fn inspects_over_http() -> Result<(), Failed> {
    let runtime = runtime();
    let registry = runtime.block_on(app().start())?;
    let inspected = skopeo(&["inspect", "--tls-verify=false", &format!("docker://{}/lib/app:v1", registry.host())])?;
    let manifest = registry.state().journal(0).into_iter().find(|entry| entry.path.ends_with("/manifests/v1"));
    assert!(manifest.is_some(), "{inspected}");
    assert!(digest(&inspected)?.starts_with("sha256:"));
    Ok(())
}

fn inspects_over_tls_with_the_authority_it_trusts() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let authority = Authority::kept_in(folder.path())?;
    let runtime = runtime();
    let registry = runtime.block_on(app().tls(Tls::Trusted).authority(authority).start())?;
    // skopeo takes every `.crt` of the folder for an authority.
    fs::rename(folder.path().join("ca.pem"), folder.path().join("ca.crt"))?;
    fs::remove_file(folder.path().join("ca-key.pem"))?;
    let image = format!("docker://{}/lib/app:v1", registry.host());
    skopeo(&["inspect", "--cert-dir", &folder.path().to_string_lossy(), &image])?;
    let refused = skopeo(&["inspect", &image]).expect_err("it does not trust the authority by itself");
    assert!(refused.message().is_some_and(|text| text.contains("certificate")), "{refused:?}");
    Ok(())
}

fn inspects_with(auth: Auth) -> Result<(), Failed> {
    let runtime = runtime();
    let registry = runtime.block_on(app().auth(auth.user("robot", "secret")).start())?;
    let image = format!("docker://{}/lib/app:v1", registry.host());
    skopeo(&["inspect", "--tls-verify=false", "--creds", "robot:secret", &image])?;
    skopeo(&["inspect", "--tls-verify=false", "--creds", "robot:wrong", &image]).expect_err("the password is wrong");
    skopeo(&["inspect", "--tls-verify=false", "--no-creds", &image]).expect_err("nobody may pull without a user");
    Ok(())
}

fn copies_all_platforms_out_and_in_again() -> Result<(), Failed> {
    let runtime = runtime();
    let registry = runtime.block_on(app().start())?;
    let folder = tempfile::tempdir()?;
    let layout = format!("oci:{}:multi", folder.path().join("layout").display());
    let from = format!("docker://{}/lib/app:multi", registry.host());
    let to = format!("docker://{}/lib/copy:multi", registry.host());
    skopeo(&["copy", "--all", "--src-tls-verify=false", &from, &layout])?;
    skopeo(&["copy", "--all", "--dest-tls-verify=false", &layout, &to])?;
    assert_eq!(raw(&to)?, raw(&from)?);

    // What was pushed can be saved, read by skopeo as a layout, and served again.
    registry.state().save(&folder.path().join("saved"))?;
    let saved = folder.path().join("saved/lib/copy");
    assert_eq!(skopeo(&["inspect", "--raw", &format!("oci:{}:multi", saved.display())])?, raw(&from)?);
    let again = runtime.block_on(Registry::builder().start())?;
    again.state().load(&folder.path().join("saved"))?;
    assert_eq!(raw(&format!("docker://{}/lib/copy:multi", again.host()))?, raw(&from)?);

    // And so can what skopeo keeps in its own form of a folder.
    let dir = folder.path().join("dir");
    skopeo(&["copy", "--all", "--src-tls-verify=false", &from, &format!("dir:{}", dir.display())])?;
    assert_eq!(served(&dir)?, raw(&from)?);
    Ok(())
}

/// The manifest that a registry serves from a folder with one image.
fn served(folder: &Path) -> Result<String, Failed> {
    let runtime = runtime();
    let registry = runtime.block_on(Registry::builder().start())?;
    registry.state().load(folder)?;
    raw(&format!("docker://{}/dir:latest", registry.host()))
}

fn raw(image: &str) -> Result<String, Failed> {
    skopeo(&["inspect", "--raw", "--tls-verify=false", image])
}

fn writes_archives_that_are_served() -> Result<(), Failed> {
    let runtime = runtime();
    let registry = runtime.block_on(app().start())?;
    let folder = tempfile::tempdir()?;
    let from = format!("docker://{}/lib/app:v1", registry.host());
    for (transport, name) in [("docker-archive", "saved.tar"), ("oci-archive", "layout.tar"), ("dir", "folder")] {
        let path = folder.path().join(name);
        let tag = if transport == "dir" { "" } else { ":quay.io/lib/app:v1" };
        skopeo(&["copy", "--src-tls-verify=false", &from, &format!("{transport}:{}{tag}", path.display())])?;
        let served = runtime.block_on(Registry::builder().start())?;
        served.state().load_into("lib/app", &path)?;
        assert_eq!(served.state().notes(), [] as [String; 0]);
        let tag = if transport == "dir" { "latest" } else { "v1" };
        let image = format!("docker://{}/lib/app:{tag}", served.host());
        let copied = format!("dir:{}", folder.path().join(format!("{name}.copy")).display());
        skopeo(&["copy", "--src-tls-verify=false", &image, &copied])?;
    }
    Ok(())
}

fn deletes_what_it_pushed() -> Result<(), Failed> {
    let runtime = runtime();
    let registry = runtime.block_on(app().start())?;
    let image = format!("docker://{}/lib/app:v1", registry.host());
    skopeo(&["delete", "--tls-verify=false", &image])?;
    raw(&image).expect_err("it is gone");
    Ok(())
}

/// A registry with the habits of a profile, and a line for a failure.
fn with_every_profile(test: impl Fn(&Registry) -> Result<(), Failed>) -> Result<(), Failed> {
    let runtime = runtime();
    for profile in Profile::ALL {
        for (scheme, auth) in [("basic", Auth::basic()), ("bearer", Auth::bearer())] {
            let registry = app().auth(auth.user("robot", "secret")).quirk(profile.name)?;
            let registry = runtime.block_on(registry.start())?;
            test(&registry).map_err(|error| format!("{} with {scheme}: {:?}", profile.name, error.message()))?;
        }
    }
    Ok(())
}

fn pulls_from_every_profile() -> Result<(), Failed> {
    with_every_profile(|registry| {
        let folder = tempfile::tempdir()?;
        let from = format!("docker://{}/lib/app:v1", registry.host());
        let to = format!("dir:{}", folder.path().display());
        skopeo(&["copy", "--src-tls-verify=false", "--src-creds", "robot:secret", &from, &to]).map(|_| ())
    })
}

fn pushes_to_every_profile() -> Result<(), Failed> {
    let runtime = runtime();
    let source = runtime.block_on(app().start())?;
    let folder = tempfile::tempdir()?;
    let layout = format!("oci:{}:v1", folder.path().join("layout").display());
    let from = format!("docker://{}/lib/app:v1", source.host());
    skopeo(&["copy", "--src-tls-verify=false", &from, &layout])?;
    with_every_profile(|registry| {
        let to = format!("docker://{}/lib/new:v1", registry.host());
        skopeo(&["copy", "--dest-tls-verify=false", "--dest-creds", "robot:secret", &layout, &to])?;
        let list = format!("docker://{}/lib/new:v1", registry.host());
        skopeo(&["inspect", "--raw", "--tls-verify=false", "--creds", "robot:secret", &list]).map(|_| ())
    })
}
