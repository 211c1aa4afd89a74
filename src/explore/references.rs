//! References to images: a small grammar of right and wrong parts.

use proptest::{
    sample::select,
    strategy::{BoxedStrategy, Just, Strategy, Union},
};

use super::weights;

/// Stands for the name of the image that `lib/app:v1` is at the beginning; a scenario puts it in.
pub(super) const IMAGE_OF_V1: &str = "IMAGE-OF-V1";

/// References to what is there, the plainest first.
const PLAIN: &[&str] = &[
    "lib/app:v1",
    "lib/app:v2",
    "lib/app",
    "lib/app:latest",
    "lib/other:v1",
    "lib/app@{{digest IMAGE-OF-V1}}",
    "lib/app:v1@{{digest IMAGE-OF-V1}}",
];
/// Beginnings: the registry, or nothing where the case's own is put in.
const HOSTS: &[&str] = &["", "{{registry}}/", "http://{{registry}}/", "https://{{registry}}/", "{{registry}}//"];
/// Repositories, right and wrong.
const REPOSITORIES: &[&str] = &[
    "lib/app",
    "lib/other",
    "lib/missing",
    "app",
    "a/b/c/d",
    "lib/App",
    "lib//app",
    "lib/app/",
    "lib/ap_p",
    "lib/app__",
    "-lib/app",
    "lib/ü",
];
/// Ends, right and wrong.
const TAGS: &[&str] = &[
    "",
    ":v1",
    ":latest",
    ":missing",
    ":",
    ":v 1",
    ":-v1",
    ":V1.2_3",
    ":v1:v2",
    ":0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
];
/// Digests, right and wrong.
const DIGESTS: &[&str] = &[
    "",
    "@{{digest IMAGE-OF-V1}}",
    "@{{digest s2-basic config}}",
    "@sha256:12",
    "@sha256:0000000000000000000000000000000000000000000000000000000000000000",
    "@SHA256:0000000000000000000000000000000000000000000000000000000000000000",
    "@md5:d41d8cd98f00b204e9800998ecf8427e",
    "@",
];
/// What is no reference.
const WRONG: &[&str] = &["", " ", "/", ":", "@", "lib/app:v1 ", " lib/app:v1", "lib/app:v1/x", "{{registry}}/"];

/// A reference to an image.
pub(super) fn image() -> BoxedStrategy<String> {
    references(PLAIN, TAGS, DIGESTS)
}

/// A reference to a repository.
pub(super) fn repository() -> BoxedStrategy<String> {
    references(
        &["lib/app", "lib/other", "lib/missing", "lib/app:v1", "lib/app@{{digest IMAGE-OF-V1}}"],
        &["", ":v1"],
        &[""],
    )
}

fn references(
    plain: &'static [&'static str],
    tags: &'static [&'static str],
    digests: &'static [&'static str],
) -> BoxedStrategy<String> {
    let [of_plain, of_parts, of_wrong] = weights::REFERENCES;
    // Each part is right more often than not, so that one wrong part is seen for itself.
    let part =
        |all: &'static [&'static str]| Union::new_weighted(vec![(2, Just(all[0]).boxed()), (1, select(all).boxed())]);
    let parts = (part(HOSTS), part(REPOSITORIES), part(tags), part(digests));
    let made = parts.prop_map(|(host, repository, tag, digest)| format!("{host}{repository}{tag}{digest}"));
    let plain = select(plain).prop_map(str::to_owned);
    let wrong = select(WRONG).prop_map(str::to_owned);
    Union::new_weighted(vec![(of_plain, plain.boxed()), (of_parts, made.boxed()), (of_wrong, wrong.boxed())]).boxed()
}

/// The same reference with the registry that the short form of an import puts in.
pub(super) fn in_full(reference: &str) -> String {
    let names_a_host = reference.starts_with("{{registry")
        || reference
            .split_once('/')
            .is_some_and(|(first, _)| first.is_empty() || first.contains(['.', ':']) || first == "localhost");
    if names_a_host { reference.to_owned() } else { format!("{{{{registry}}}}/{reference}") }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("lib/app:v1", "{{registry}}/lib/app:v1")]
    #[case("{{registry}}/lib/app", "{{registry}}/lib/app")]
    #[case("http://{{registry}}/lib/app", "http://{{registry}}/lib/app")]
    #[case("app", "{{registry}}/app")]
    fn the_own_registry_is_put_in_where_none_is_named(#[case] reference: &str, #[case] expected: &str) {
        assert_eq!(in_full(reference), expected);
    }
}
