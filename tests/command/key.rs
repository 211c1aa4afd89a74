//! The public keys of fixtures.

use std::process::Output;

use isi_conformance::fixture::Key;
use rstest::rstest;

use super::{isi_conformance, text};

fn printed(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = isi_conformance(arguments);
    assert_eq!((status.code(), text(&stderr).as_str()), (Some(0), ""));
    text(&stdout)
}

/// A key that was exported once stays valid, and an image is the same in every version.
#[rstest]
#[case::pem(&["key", "fixture"])]
#[case::open_pgp(&["key", "fixture", "--openpgp"])]
fn the_key_of_a_name_never_changes(#[case] arguments: &[&str]) {
    let name = arguments.join("-").replace("--", "");
    insta::assert_snapshot!(name, printed(arguments));
}

#[test]
fn another_name_is_another_key() {
    assert_eq!(printed(&["key", "somebody else"]), Key::named("somebody else").public_pem());
    assert_ne!(printed(&["key", "somebody else"]), printed(&["key", "fixture"]));
    assert_ne!(printed(&["key", "somebody else", "--openpgp"]), printed(&["key", "fixture", "--openpgp"]));
}
