//! Debian's `docker-registry`, which is distribution 2.8.

use std::{
    fs,
    io::{self, BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use tempfile::TempDir;

pub(super) const USER: &str = "kapitaen";
pub(super) const PASSWORD: &str = "correct horse battery";
/// What `htpasswd -B` makes of [`PASSWORD`].
const HASH: &str = "$2y$05$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo.";

/// A user and a password as Basic authentication sends them.
pub(super) fn encoded(pair: &str) -> String {
    STANDARD.encode(pair)
}

/// The registry on a free port, its content in memory.
pub(super) struct DockerRegistry {
    process: Child,
    pub(super) host: String,
    _folder: TempDir,
}

impl DockerRegistry {
    pub(super) fn start(with_users: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("htpasswd"), format!("{USER}:{HASH}\n")).unwrap();
        let auth = format!("auth: {{ htpasswd: {{ realm: fixture, path: '{}' }} }}\n", path("htpasswd").display());
        let config = "version: 0.1\nlog: { level: info, formatter: json }\nstorage: { inmemory: {} }\n\
                      http: { addr: '127.0.0.1:0' }\n";
        fs::write(path("config.yml"), format!("{config}{}", if with_users { auth.as_str() } else { "" })).unwrap();
        let mut process = Command::new("docker-registry")
            .arg("serve")
            .arg(path("config.yml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap());
        let mut all = String::new();
        let host = loop {
            let mut line = String::new();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "docker-registry has ended:\n{all}");
            let record: Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(host) = record["msg"].as_str().and_then(|message| message.strip_prefix("listening on ")) {
                break host.to_owned();
            }
            all.push_str(&line);
        };
        // It must not wait for what it says to be read.
        std::thread::spawn(move || io::copy(&mut said, &mut io::sink()));
        Self { process, host, _folder: folder }
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
