//! A client of one connection: what it costs does not matter, because only the servers' time is counted.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
};

use oci_mock_registry::oci::{Digest, media_type::OCI_MANIFEST};

use crate::content::SmallImage;

/// A connection that stays open.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
}

/// An answer. Its body was read, and only its length is known.
pub(crate) struct Answer {
    status: u16,
    location: Option<String>,
    pub(crate) length: usize,
}

impl Connection {
    pub(crate) fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server accepts");
        stream.set_nodelay(true).expect("TCP");
        Self { stream: BufReader::with_capacity(1024 * 1024, stream), host: address.to_string() }
    }

    /// Pushes an image as clients do: each blob by POST and PUT, then the manifest.
    pub(crate) fn push(&mut self, repository: &str, tag: &str, image: &SmallImage) {
        self.push_blob(repository, &image.config);
        self.push_blob(repository, &image.layer);
        self.push_manifest(repository, tag, &image.manifest);
    }

    pub(crate) fn push_manifest(&mut self, repository: &str, tag: &str, manifest: &[u8]) {
        let head = format!("PUT /v2/{repository}/manifests/{tag}");
        assert_eq!(self.ask(&head, &format!("Content-Type: {OCI_MANIFEST}\r\n"), manifest).status, 201);
    }

    pub(crate) fn push_blob(&mut self, repository: &str, blob: &[u8]) {
        let begun = self.ask(&format!("POST /v2/{repository}/blobs/uploads/"), "", &[]);
        assert_eq!(begun.status, 202);
        let location = begun.location.expect("a place to upload to");
        let path = match location.split_once("://") {
            Some((_, rest)) => &rest[rest.find('/').expect("a path")..],
            None => &location,
        };
        let joint = if path.contains('?') { '&' } else { '?' };
        let head = format!("PUT {path}{joint}digest={}", Digest::sha256(blob));
        assert_eq!(self.ask(&head, "Content-Type: application/octet-stream\r\n", blob).status, 201);
    }

    /// Asks for something that is there.
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        let answer = self.ask(&format!("GET {path}"), "", &[]);
        assert_eq!(answer.status, 200, "{path}");
        answer
    }

    fn ask(&mut self, request: &str, headers: &str, body: &[u8]) -> Answer {
        let (host, length) = (&self.host, body.len());
        let head = format!("{request} HTTP/1.1\r\nHost: {host}\r\n{headers}Content-Length: {length}\r\n\r\n");
        let mut sent = head.into_bytes();
        // Small bodies come with the head, as clients send them.
        let (with_head, rest) = body.split_at(body.len().min(64 * 1024));
        sent.extend_from_slice(with_head);
        self.stream.get_mut().write_all(&sent).expect("the server reads");
        self.stream.get_mut().write_all(rest).expect("the server reads");
        self.answer()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("the server answers");
        line.trim_end().to_owned()
    }

    fn answer(&mut self) -> Answer {
        let status = self.line().split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        let (mut location, mut length, mut chunked) = (None, 0, false);
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "location" => location = Some(value.to_owned()),
                "content-length" => length = value.parse().expect("a number"),
                "transfer-encoding" => chunked = value == "chunked",
                _ => {}
            }
        }
        if chunked {
            length = 0;
            loop {
                let chunk = usize::from_str_radix(&self.line(), 16).expect("the length of a chunk");
                self.skip(chunk);
                self.line();
                if chunk == 0 {
                    break;
                }
                length += chunk;
            }
        } else {
            self.skip(length);
        }
        Answer { status, location, length }
    }

    fn skip(&mut self, length: usize) {
        let mut left = length;
        while left > 0 {
            let piece = self.stream.fill_buf().expect("the server answers").len().min(left);
            assert!(piece > 0, "the server has closed the connection");
            self.stream.consume(piece);
            left -= piece;
        }
    }
}

/// Asks once, on a connection of its own.
pub(crate) fn get_once(address: SocketAddr, path: &str) {
    let mut stream = TcpStream::connect(address).expect("the server accepts");
    let request = format!("GET {path} HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}
