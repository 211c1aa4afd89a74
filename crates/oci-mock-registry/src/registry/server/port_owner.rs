//! Who listens on a port that is taken.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// The process that listens on the port of `address`, as far as Linux's `/proc` tells; other systems do not say.
#[must_use]
pub fn who_listens_on(address: SocketAddr) -> Option<String> {
    let sockets = [Path::new("/proc/net/tcp"), Path::new("/proc/net/tcp6")];
    let inode =
        sockets.into_iter().find_map(|table| listening_inode(&fs::read_to_string(table).ok()?, address.port()))?;
    let socket = PathBuf::from(format!("socket:[{inode}]"));
    let processes = fs::read_dir("/proc").ok()?.flatten().map(|entry| entry.path());
    // Besides the processes, by number, there are names such as `self`.
    let number = |process: &Path| process.file_name()?.to_str()?.parse::<u32>().ok();
    let (id, holder) = processes
        .filter_map(|process| Some((number(&process)?, process)))
        .find(|(_, process)| holds(process, &socket))?;
    let name = fs::read_to_string(holder.join("comm")).unwrap_or_default();
    Some(format!("process {id} ({})", name.trim()))
}

/// The inode of the socket that listens on `port` (proc(5), `/proc/net/tcp`).
fn listening_inode(table: &str, port: u16) -> Option<String> {
    const LISTENING: &str = "0A";
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, local_port) = fields.get(1)?.rsplit_once(':')?;
        let found = *fields.get(3)? == LISTENING && u16::from_str_radix(local_port, 16) == Ok(port);
        found.then(|| fields.get(9).map(|inode| (*inode).to_owned())).flatten()
    })
}

fn holds(process: &Path, socket: &Path) -> bool {
    let Ok(files) = fs::read_dir(process.join("fd")) else { return false };
    files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|target| target == socket))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_listening_socket_in_the_table() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
                     0: 0100007F:1388 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 11 1\n\
                     1: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 22 1\n";
        assert_eq!(listening_inode(table, 5000).as_deref(), Some("22"));
        assert_eq!(listening_inode(table, 5001), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn names_this_process() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let holder = who_listens_on(listener.local_addr().expect("it listens")).expect("this process holds it");
        assert!(holder.starts_with(&format!("process {} (", std::process::id())), "{holder}");
    }
}
