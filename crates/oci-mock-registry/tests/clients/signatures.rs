//! Signatures, as skopeo looks for them and judges them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use libtest_mimic::{Failed, Trial};
use oci_mock_registry::{
    fixture::{ImageCatalogue, ImageSignature, Key, OpenPgpKey, Salt, SignatureWay, WrongImageSignature, builtin},
    registry::{Registry, RegistryBuilder},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::needs_program;

use crate::{runtime, skopeo::skopeo};

type Test = fn() -> Result<(), Failed>;

/// The tests; those that cannot be made here are shown as ignored, and a line says why.
pub(crate) fn trials(skopeo_is_installed: bool) -> Vec<Trial> {
    let gpg = needs_program("gpg");
    let signing = gpg && skopeo_is_installed && skopeo_signs();
    if gpg && skopeo_is_installed && !signing {
        eprintln!("skipped: this skopeo is built without GnuPG, so it does not sign");
    }
    let cosign = skopeo_is_installed && skopeo_knows_cosign();
    if skopeo_is_installed && !cosign {
        eprintln!("skipped: this skopeo is built without sigstore, so it does not judge cosign's signatures");
    }
    let tests: [(&str, bool, Test); 7] = [
        ("accepts_what_the_extension_serves", gpg, || accepts_through(SignatureWay::Extension)),
        ("accepts_what_the_lookaside_folder_serves", gpg, || accepts_through(SignatureWay::Lookaside)),
        ("accepts_a_saved_lookaside_folder", gpg, accepts_a_saved_lookaside_folder),
        ("refuses_every_wrong_signature", gpg, refuses_every_wrong_signature),
        ("signs_what_it_pushes_through_the_extension", signing, signs_what_it_pushes_through_the_extension),
        ("accepts_a_signature_of_cosign", cosign, accepts_a_signature_of_cosign),
        ("refuses_every_wrong_signature_of_cosign", cosign, refuses_every_wrong_signature_of_cosign),
    ];
    let trial = |(name, possible, test): (&str, bool, Test)| {
        Trial::test(format!("skopeo::{name}"), test).with_ignored_flag(!skopeo_is_installed || !possible)
    };
    let of_gpg = Trial::test("gpg::verifies_what_a_fixture_key_signs", gpg_verifies_what_a_fixture_key_signs);
    tests.into_iter().map(trial).chain([of_gpg.with_ignored_flag(!gpg)]).collect()
}

/// Whether this skopeo can sign: one that is built with Go's OpenPGP only verifies.
fn skopeo_signs() -> bool {
    let Ok(folder) = tempfile::tempdir() else { return false };
    let manifest = folder.path().join("manifest.json");
    let signed = fs::write(&manifest, "{}").and_then(|()| {
        let arguments = ["standalone-sign", "-o", "signature", "manifest.json", "registry.test/lib/app:v1", "NOBODY"];
        Command::new("skopeo").current_dir(folder.path()).args(arguments).output()
    });
    signed.is_ok_and(|output| !String::from_utf8_lossy(&output.stderr).contains("not supported"))
}

/// Whether this skopeo knows cosign's signatures. Debian builds it without.
fn skopeo_knows_cosign() -> bool {
    let refused = accepts_a_signature_of_cosign().err();
    !refused.is_some_and(|refused| refused.message().is_some_and(|text| text.contains("sigstore disabled")))
}

/// What a client of containers/image is told: which signatures it accepts, and where it finds them.
struct Configuration {
    folder: TempDir,
}

impl Configuration {
    /// Accepts images of registries with such a signature, and nothing else.
    fn accepting(requirement: &Value, key: &str) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name);
        fs::write(path("key"), key)?;
        fs::create_dir(path("registries.d"))?;
        let mut requirement = requirement.clone();
        requirement["keyPath"] = json!(path("key"));
        let policy = json!({ "default": [{ "type": "reject" }], "transports": { "docker": { "": [requirement] } } });
        fs::write(path("policy.json"), policy.to_string())?;
        Ok(Self { folder })
    }

    /// Accepts signatures in OpenPGP of the fixture key with this name.
    fn open_pgp(key: &str) -> Result<Self, Failed> {
        let requirement = json!({ "type": "signedBy", "keyType": "GPGKeys" });
        Self::accepting(&requirement, &OpenPgpKey::named(key).public_armoured())
    }

    /// Accepts cosign's signatures for this repository, made with the fixture key with this name.
    fn cosign(key: &str, registry: &Registry) -> Result<Self, Failed> {
        let identity = json!({ "type": "exactRepository", "dockerRepository": "registry.example/lib/app" });
        let requirement = json!({ "type": "sigstoreSigned", "signedIdentity": identity });
        Self::accepting(&requirement, &Key::named(key).public_pem())?
            .of_registry(registry, "use-sigstore-attachments: true")
    }

    /// Says something about a registry.
    fn of_registry(self, registry: &Registry, entry: &str) -> Result<Self, Failed> {
        let text = format!("docker:\n  {}:\n    {entry}\n", registry.host());
        fs::write(self.folder.path().join("registries.d/registry.yaml"), text)?;
        Ok(self)
    }

    fn with_lookaside(self, registry: &Registry, root: &str) -> Result<Self, Failed> {
        self.of_registry(registry, &format!("lookaside: {root}"))
    }

    /// Copies an image of a registry to where nobody looks at it.
    fn copy(&self, registry: &Registry, image: &str) -> Result<String, Failed> {
        let path = |name: &str| self.folder.path().join(name).to_string_lossy().into_owned();
        skopeo(&[
            "--policy",
            &path("policy.json"),
            "--registries.d",
            &path("registries.d"),
            "copy",
            "--src-tls-verify=false",
            &format!("docker://{}/{image}", registry.host()),
            &format!("dir:{}", path("copied")),
        ])
    }
}

fn refusal(outcome: Result<String, Failed>) -> String {
    let refused = outcome.expect_err("it has to be refused");
    refused.message().unwrap_or_default().to_owned()
}

fn signed(signature: ImageSignature) -> RegistryBuilder {
    Registry::builder().tag("lib/app", "v1", "s2-basic").signature(signature)
}

fn asked(registry: &Registry, part: &str) -> bool {
    registry.state().journal(0).iter().any(|entry| entry.path.contains(part))
}

fn accepts_through(way: SignatureWay) -> Result<(), Failed> {
    let runtime = runtime();
    let registry = runtime.block_on(signed(ImageSignature::of("s2-basic", "fixture").through(way)).start())?;
    let lookaside = format!("http://{}/lookaside", registry.host());
    let trusting = |key| Configuration::open_pgp(key)?.with_lookaside(&registry, &lookaside);
    trusting("fixture")?.copy(&registry, "lib/app:v1")?;
    assert_eq!(asked(&registry, "/extensions/"), way == SignatureWay::Extension);
    assert_eq!(asked(&registry, "/lookaside/"), way == SignatureWay::Lookaside);

    let refused = refusal(trusting("somebody else")?.copy(&registry, "lib/app:v1"));
    assert!(refused.contains("rejected"), "{refused}");
    Ok(())
}

fn accepts_a_saved_lookaside_folder() -> Result<(), Failed> {
    let runtime = runtime();
    let registry =
        runtime.block_on(signed(ImageSignature::of("s2-basic", "fixture").through(SignatureWay::Lookaside)).start())?;
    let saved = tempfile::tempdir()?;
    registry.state().save(saved.path())?;
    let here = format!("file://{}", saved.path().display());
    Configuration::open_pgp("fixture")?.with_lookaside(&registry, &here)?.copy(&registry, "lib/app:v1")?;
    assert!(!asked(&registry, "/lookaside/"));
    Ok(())
}

fn refuses_every_wrong_signature() -> Result<(), Failed> {
    use WrongImageSignature as Wrong;
    let runtime = runtime();
    // In the words of GnuPG, or of Go's OpenPGP where skopeo is built with that. A file of a lookaside folder is looked at
    // before it is taken for OpenPGP.
    for (wrong, reasons) in [
        (Wrong::OtherImage, ["does not match"].as_slice()),
        (Wrong::OtherIdentity, &["is not accepted"]),
        (Wrong::OtherKey, &["Summary:128", "Key not found"]),
        (Wrong::Altered, &["Summary:4,", "hash tag doesn't match"]),
        (Wrong::Garbage, &["No data", "unrecognized signature format", "invalid data"]),
    ] {
        for way in SignatureWay::ALL {
            let signature = ImageSignature::of("s2-basic", "fixture").wrong(wrong).through(way);
            let registry = runtime.block_on(signed(signature).start())?;
            let lookaside = format!("http://{}/lookaside", registry.host());
            let trusting = Configuration::open_pgp("fixture")?.with_lookaside(&registry, &lookaside)?;
            let refused = refusal(trusting.copy(&registry, "lib/app:v1"));
            let understood = reasons.iter().any(|reason| refused.contains(reason));
            assert!(understood, "{wrong:?} through {way:?}: {refused}");
        }
    }
    Ok(())
}

/// A registry with an image, and a signature of cosign that is wrong in some way, or not.
fn with_cosign(wrong: &str) -> Result<RegistryBuilder, Failed> {
    let file = format!(
        "images: {{ signature: {{ about: a, cosign: {{ signs: oci-basic, key: fixture, identity: {}{wrong} }} }} }}",
        "registry.example/lib/app"
    );
    let mut catalogue: ImageCatalogue = builtin().clone();
    catalogue.extend(serde_saphyr::from_str(&file)?);
    let images = catalogue.build(["oci-basic", "signature"], &Salt::default())?;
    let builder = Registry::builder().tag("lib/app", "v1", "oci-basic");
    Ok(builder.tag("lib/app", "{{digest oci-basic}}.sig", "signature").images(images))
}

fn accepts_a_signature_of_cosign() -> Result<(), Failed> {
    let runtime = runtime();
    let registry = runtime.block_on(with_cosign("")?.start())?;
    Configuration::cosign("fixture", &registry)?.copy(&registry, "lib/app:v1")?;
    let refused = refusal(Configuration::cosign("somebody else", &registry)?.copy(&registry, "lib/app:v1"));
    assert!(refused.contains("signature verification failed"), "{refused}");
    Ok(())
}

fn refuses_every_wrong_signature_of_cosign() -> Result<(), Failed> {
    let runtime = runtime();
    for (wrong, reason) in [
        ("other-image", "does not match"),
        ("other-key", "signature verification failed"),
        ("altered", "signature verification failed"),
        ("garbage", "signature verification failed"),
    ] {
        let registry = runtime.block_on(with_cosign(&format!(", wrong: {wrong}"))?.start())?;
        let refused = refusal(Configuration::cosign("fixture", &registry)?.copy(&registry, "lib/app:v1"));
        assert!(refused.contains(reason), "{wrong}: {refused}");
    }
    Ok(())
}

/// A folder of GnuPG's with a key that was made for a test. Its agent ends with it.
struct GnuPg {
    folder: TempDir,
}

impl GnuPg {
    const USER: &'static str = "test@registry.example";

    fn without_keys() -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        #[cfg(unix)]
        fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        Ok(Self { folder })
    }

    fn with_a_key() -> Result<Self, Failed> {
        let made = Self::without_keys()?;
        made.gpg(&["--passphrase", "", "--quick-generate-key", Self::USER, "ed25519", "sign", "never"])?;
        Ok(made)
    }

    fn home(&self) -> &Path {
        self.folder.path()
    }

    fn gpg(&self, arguments: &[&str]) -> Result<String, Failed> {
        let mut command = Command::new("gpg");
        let output = command.arg("--batch").arg("--homedir").arg(self.home()).args(arguments).output()?;
        if !output.status.success() {
            return Err(format!("gpg: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

impl Drop for GnuPg {
    fn drop(&mut self) {
        let _ = Command::new("gpgconf").arg("--homedir").arg(self.home()).args(["--kill", "all"]).status();
    }
}

fn gpg_verifies_what_a_fixture_key_signs() -> Result<(), Failed> {
    let (gnupg, key) = (GnuPg::without_keys()?, OpenPgpKey::named("fixture"));
    let write = |name: &str, content: &[u8]| -> Result<String, Failed> {
        let path = gnupg.home().join(name);
        fs::write(&path, content)?;
        Ok(path.to_string_lossy().into_owned())
    };
    gnupg.gpg(&["--import", &write("key.asc", key.public_armoured().as_bytes())?])?;
    // Packets of every form of length.
    for length in [1, 500, 20_000] {
        let content = "x".repeat(length);
        let shown = gnupg.gpg(&["--decrypt", &write("right.gpg", &key.sign(content.as_bytes()))?])?;
        assert_eq!(shown, content);
    }
    assert!(
        refusal(gnupg.gpg(&["--verify", &write("wrong.gpg", &key.sign_and_show(b"signed", b"shown"))?]))
            .contains("BAD signature")
    );
    Ok(())
}

fn signs_what_it_pushes_through_the_extension() -> Result<(), Failed> {
    let runtime = runtime();
    let builder = Registry::builder().tag("lib/app", "v1", "s2-basic").quirk("signature-extension")?;
    let registry = runtime.block_on(builder.start())?;
    let gnupg = GnuPg::with_a_key()?;
    let signer = Configuration::open_pgp("fixture")?;
    let from = format!("docker://{}/lib/app:v1", registry.host());
    let to = format!("docker://{}/lib/signed:v1", registry.host());
    let registries: PathBuf = signer.folder.path().join("registries.d");
    let output = Command::new("skopeo")
        .args(["--insecure-policy", "--registries.d"])
        .arg(&registries)
        .args(["copy", "--src-tls-verify=false", "--dest-tls-verify=false", "--sign-by", GnuPg::USER, &from, &to])
        .env("GNUPGHOME", gnupg.home())
        .output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let requirement = json!({ "type": "signedBy", "keyType": "GPGKeys" });
    let trusting = Configuration::accepting(&requirement, &gnupg.gpg(&["--armor", "--export", GnuPg::USER])?)?;
    trusting.copy(&registry, "lib/signed:v1")?;
    refusal(trusting.copy(&registry, "lib/app:v1"));
    // The same signature is a file now, too.
    let saved = tempfile::tempdir()?;
    registry.state().save(saved.path())?;
    let folders: Vec<PathBuf> =
        fs::read_dir(saved.path().join("lib"))?.map(|entry| Ok(entry?.path())).collect::<Result<_, Failed>>()?;
    let signature = folders.iter().map(|folder| folder.join("signature-1")).find(|path| path.exists());
    gnupg.gpg(&["--decrypt", &signature.ok_or("there is no signature")?.to_string_lossy()])?;
    Ok(())
}
