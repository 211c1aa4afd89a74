//! Lookaside folders: signatures as files beside the images, `<repository>@<algorithm>=<hex>/signature-<N>` (containers/image,
//! `docs/signature-protocols.md`). The names of such folders and files, and serving them as a plain web server would.

use http::StatusCode;

use super::{answer::Answer, route::is_repository_name, store::Signatures};
use crate::fixture::SignatureWay;
use oci_types::Digest;

/// The repository and the digest that a folder names by its path, if it is one with signatures.
pub(crate) fn image(path: &str) -> Option<(&str, Digest)> {
    let (repository, digest) = path.rsplit_once('@')?;
    let (algorithm, hex) = digest.split_once('=')?;
    let digest = format!("{algorithm}:{hex}").parse().ok()?;
    is_repository_name(repository).then_some((repository, digest))
}

/// The path of the folder with the signatures of an image.
pub(crate) fn folder(repository: &str, digest: &Digest) -> String {
    format!("{repository}@{}={}", digest.algorithm().name(), digest.hex())
}

/// The name of the file with a signature of an image; they are counted from 1.
pub(crate) fn file(number: usize) -> String {
    format!("signature-{number}")
}

/// The signature at this path below the root of the folder. Behind the last one of an image there is nothing, by which
/// clients know that it is the last.
pub(crate) fn serve(signatures: &Signatures, path: &str) -> Answer {
    let found = place(path).and_then(|(repository, digest, number)| {
        signatures.of(repository, &digest.to_string(), SignatureWay::Lookaside).nth(number - 1)
    });
    let Some(signature) = found else { return Answer::empty(StatusCode::NOT_FOUND) };
    let mut answer = Answer::with_body(StatusCode::OK, signature.content.clone());
    answer.content_type("application/octet-stream");
    answer
}

/// The repository, the digest and the number that a path names; numbers are written in one way only.
fn place(path: &str) -> Option<(&str, Digest, usize)> {
    let (folder, name) = path.rsplit_once('/')?;
    let number = name.strip_prefix("signature-")?.parse().ok()?;
    let (repository, digest) = image(folder)?;
    (number > 0 && name == file(number)).then_some((repository, digest, number))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("lib/app@sha256=HEX/signature-1", Some(("lib/app", 1)))]
    #[case("app@sha256=HEX/signature-12", Some(("app", 12)))]
    #[case("app@sha256=HEX/signature-0", None)]
    #[case("app@sha256=HEX/signature-01", None)]
    #[case("app@sha256=HEX/signature-+1", None)]
    #[case("app@sha256=HEX/signature-", None)]
    #[case("app@sha256=HEX/other-1", None)]
    #[case("app@sha256:HEX/signature-1", None)]
    #[case("app@md5=HEX/signature-1", None)]
    #[case("app@sha256=1/signature-1", None)]
    #[case("@sha256=HEX/signature-1", None)]
    #[case("../app@sha256=HEX/signature-1", None)]
    #[case("app@sha256=HEX/../signature-1", None)]
    fn a_path_names_a_signature(#[case] path: &str, #[case] expected: Option<(&str, usize)>) {
        let digest = Digest::sha256(b"image");
        let path = path.replace("HEX", digest.hex());
        assert_eq!(place(&path), expected.map(|(repository, number)| (repository, digest, number)));
    }

    #[test]
    fn a_folder_is_read_as_it_is_written() {
        let digest = Digest::sha256(b"image");
        assert_eq!(image(&folder("lib/app", &digest)), Some(("lib/app", digest)));
    }
}
