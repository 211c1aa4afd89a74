//! The embedded reference answers like the server of each API version.

use isi_conformance::version::ApiVersion;
use rstest::rstest;

use super::{isi_conformance, text};

#[rstest]
#[case(ApiVersion::V3_11)]
#[case(ApiVersion::V4_2)]
#[case(ApiVersion::V4_8)]
#[case(ApiVersion::V4_10)]
#[case(ApiVersion::V4_12)]
#[case(ApiVersion::V4_18)]
fn every_case_of_a_version_comes_out_as_expected(#[case] version: ApiVersion) {
    let output = isi_conformance(&["run", "--api-version", version.as_str()]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
}
