//! How much an archive with images may unpack to, and how much of it is read into memory.

use oci_mock_registry::registry::Registry;
use rstest::rstest;

use super::archives::{archive, file, gzip, loaded, one_image, saved};

#[rstest]
#[case::plain(|bytes: Vec<u8>| bytes)]
#[case::gzip(|bytes: Vec<u8>| gzip(&bytes))]
fn an_archive_that_unpacks_to_far_more_than_its_size_is_refused(#[case] compressed: impl Fn(Vec<u8>) -> Vec<u8>) {
    let mut header = tar::Header::new_ustar();
    header.set_path("manifest.json").unwrap();
    header.set_size((1 << 30) + 1);
    header.set_cksum();
    let (_folder, path) = file("app.tar", &compressed(header.as_bytes().to_vec()));
    let error = loaded(&path).unwrap_err();
    assert!(error.contains("app.tar unpacks to more than 1073741824 bytes"), "{error}");
}

/// What a registry says of an archive that may unpack to so many bytes.
fn loaded_within(limit: u64, content: &[u8]) -> Result<(), String> {
    let (_folder, path) = file("app.tar", content);
    let registry = Registry::builder().archive_limit(limit).build().unwrap();
    registry.load(&path).map_err(|error| error.to_string())
}

#[test]
fn an_archive_unpacks_to_so_much_and_no_more() {
    // Three files, of which each takes a block.
    let small = saved(&one_image());
    assert_eq!(loaded_within(3 * 4096, &small), Ok(()));
    for content in [small.clone(), gzip(&small)] {
        let error = loaded_within(3 * 4096 - 1, &content).unwrap_err();
        assert!(error.contains("app.tar unpacks to more than 12287 bytes (hint: "), "{error}");
    }
    // A layer that is a thousand times as large as what is sent.
    let bomb = gzip(&archive(&[("0/layer.tar", &vec![0; 64 * 1024 * 1024])]));
    assert!(bomb.len() < 1024 * 1024);
    let error = loaded_within(1024 * 1024, &bomb).unwrap_err();
    assert!(error.contains("unpacks to more than 1048576 bytes"), "{error}");
    // More behind the end of the archive than it may unpack to.
    let error = loaded_within(1024 * 1024, &gzip(&[small, vec![0; 8 * 1024 * 1024]].concat())).unwrap_err();
    assert!(error.contains("unpacks to more than 1048576 bytes"), "{error}");
}

#[test]
fn a_name_in_an_archive_is_not_read_into_memory_without_end() {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(64 * 1024 * 1024);
    header.set_cksum();
    let content = [header.as_bytes().as_slice(), &vec![b'a'; 64 * 1024 * 1024]].concat();
    let error = loaded_within(u64::MAX, &gzip(&content)).unwrap_err();
    assert!(error.ends_with("the head of an entry has more than 1048576 bytes"), "{error}");
}
