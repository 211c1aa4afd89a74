//! Distribution 2.8 as a program: Debian's `docker-registry`.

use std::{
    fs,
    io::{self, BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

const CONFIG: &str = "version: 0.1
log: { level: info, formatter: json }
storage: { inmemory: {} }
http: { addr: '127.0.0.1:0' }
";

/// What `htpasswd -B` makes of [`DockerRegistry::PASSWORD`].
const HASH: &str = "$2y$05$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo.";

/// A `docker-registry` on a free port, with its content in memory. It ends when it is dropped.
#[derive(Debug)]
pub struct DockerRegistry {
    process: Child,
    host: String,
    _folder: TempDir,
}

impl DockerRegistry {
    /// The name of the program, for [`needs_program`](crate::needs_program).
    pub const PROGRAM: &str = "docker-registry";
    /// The only user of a registry [with users](Self::start_with_users).
    pub const USER: &str = "kapitaen";
    /// The password of [`USER`](Self::USER).
    pub const PASSWORD: &str = "correct horse battery";

    /// Starts a registry that asks for no credentials.
    ///
    /// # Panics
    /// When the program cannot be started.
    #[must_use]
    pub fn start() -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), CONFIG)
    }

    /// Starts a registry that asks for the credentials of [`USER`](Self::USER), by HTTP's Basic scheme.
    ///
    /// # Panics
    /// When the program cannot be started.
    #[must_use]
    pub fn start_with_users() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let users = folder.path().join("htpasswd");
        fs::write(&users, format!("{}:{HASH}\n", Self::USER)).unwrap();
        let auth = format!("auth: {{ htpasswd: {{ realm: fixture, path: '{}' }} }}\n", users.display());
        Self::start_in(folder, &format!("{CONFIG}{auth}"))
    }

    /// Starts a registry that asks for tokens which are given at `realm` and signed by the authority with this certificate.
    ///
    /// # Panics
    /// When the program cannot be started.
    #[must_use]
    pub fn start_with_tokens(realm: &str, certificate: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("authority.pem");
        fs::write(&path, certificate).unwrap();
        let token =
            format!("realm: '{realm}', service: fixture, issuer: fixture, rootcertbundle: '{}'", path.display());
        Self::start_in(folder, &format!("{CONFIG}auth: {{ token: {{ {token} }} }}\n"))
    }

    fn start_in(folder: TempDir, config: &str) -> Self {
        let path = folder.path().join("config.yml");
        fs::write(&path, config).unwrap();
        let mut process = Command::new(Self::PROGRAM)
            .arg("serve")
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut all = String::new();
        let host = loop {
            let mut line = String::new();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "{} has ended:\n{all}", Self::PROGRAM);
            let record: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(host) = record["msg"].as_str().and_then(|message| message.strip_prefix("listening on ")) {
                break host.to_owned();
            }
            all.push_str(&line);
        };
        // A full pipe would block the program.
        std::thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        Self { process, host, _folder: folder }
    }

    /// Its address and port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
