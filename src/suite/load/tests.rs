use rstest::rstest;

use super::*;
use crate::{
    fixture,
    suite::{Feature, json_schema},
    verdict::Level,
    version::ApiVersion,
};

/// What is wrong with a suite of this text.
fn wrong(text: &str) -> String {
    load(&[Source::new("suites/demo.yaml", text)], fixture::builtin(), &["isi.spec.images"]).unwrap_err().to_string()
}

const CASE: &str = "suite: demo\nabout: a demonstration\ncases:\n  - name: first\n    about: what it is about\n";

#[test]
fn a_case_without_a_registry_has_that_of_its_suite() {
    let text = CASE.replace("cases:", "registry: { repositories: { lib/app: { v1: s2-basic } } }\ncases:")
        + "    steps: [import: 'lib/app:v1 -> v1']\n";
    let suites = load(&[Source::new("suites/demo.yaml", text)], fixture::builtin(), &[]).unwrap();
    let case = &suites[0].cases[0];
    assert_eq!((case.full_name().as_str(), case.location().as_str()), ("demo::first", "suites/demo.yaml:5"));
    assert_eq!(case.images, ["s2-basic"]);
}

#[test]
fn a_case_has_the_defaults_of_its_suite_unless_it_says_otherwise() {
    let suite = CASE.replace("cases:", "level: compatible\nsince: \"4.12\"\nneeds: [pull-secrets]\ncases:");
    let own =
        "  - name: own\n    about: b\n    level: required\n    since: \"4.8\"\n    needs: []\n    steps: [get: a]\n";
    let text = format!("{suite}    steps: [get: a]\n{own}");
    let suites = load(&[Source::new("demo.yaml", text)], fixture::builtin(), &[]).unwrap();
    let [first, own] = suites[0].cases.as_slice() else { panic!("{:?}", suites[0].cases) };
    assert_eq!((first.level, first.since), (Level::Compatible, Some(ApiVersion::V4_12)));
    assert_eq!(first.needs, [Feature::PullSecrets]);
    assert_eq!((own.level, own.since), (Level::Required, Some(ApiVersion::V4_8)));
    assert_eq!(own.needs, []);
}

#[test]
fn a_wrong_default_is_shown_where_the_suite_has_it() {
    let wrong = wrong(&(CASE.replace("cases:", "needs: [pull-secret]\ncases:") + "    steps: [get: a]\n"));
    assert!(wrong.contains("suites/demo.yaml:3:9"), "{wrong}");
}

#[rstest]
#[case::name("a-{{x}}", "", "template `a-{{x}}` is there twice", "tell them apart by `template: NAME`")]
#[case::template("b-{{x}}", "    template: first\n", "template `first` is there twice", "the other one is in line 5")]
#[case::malformed("b-{{x}}", "    template: b-{{x}}\n", "`b-{{x}}` is no template name", "")]
fn entries_with_rows_are_told_apart(
    #[case] name: &str,
    #[case] template: &str,
    #[case] message: &str,
    #[case] hint: &str,
) {
    let entry = |name: &str, template: &str, row: u8| {
        format!("  - name: {name}\n{template}    about: a\n    rows: [{{ x: {row} }}]\n    steps: [get: a]\n")
    };
    let first = if template.is_empty() { "" } else { "    template: first\n" };
    let cases = entry("a-{{x}}", first, 1) + &entry(name, template, 2);
    let wrong = wrong(&format!("suite: demo\nabout: a\ncases:\n{cases}"));
    assert!(wrong.contains(message) && wrong.contains(hint), "{wrong}");
}

#[rstest]
#[case::nothing("")]
#[case::comment("# to be written\n")]
fn an_empty_file_is_told_with_how_a_suite_begins(#[case] text: &str) {
    let told = wrong(text);
    assert!(told.contains("the file is empty") && told.contains("a suite begins with `suite: NAME`"), "{told}");
}

#[test]
fn a_variable_of_a_run_is_no_part_of_a_name() {
    let wrong = wrong(&(CASE.replace("first", "a-{{stream}}") + "    steps: [get: a]\n"));
    assert!(wrong.contains("`a-{{stream}}` is no case name"), "{wrong}");
}

#[test]
fn an_unknown_image_is_shown_with_the_nearest_known_one() {
    insta::assert_snapshot!(wrong(&format!("{CASE}    registry: {{ repositories: {{ lib/app: {{ v1: s2-bsic }} }} }}\n    steps: [get: x]\n")), @"
    error: unknown image `s2-bsic`
     --> suites/demo.yaml:6:48
      |
    6 |     registry: { repositories: { lib/app: { v1: s2-bsic } } }
      |                                                ^^^^^^^

    hint: did you mean `s2-basic`?
    ");
}

#[test]
fn an_unknown_variable_is_shown_where_it_is_used() {
    insta::assert_snapshot!(wrong(&format!("{CASE}    steps:\n      - get: imagestreams/{{{{strem}}}}\n")), @"
    error: unknown variable `strem`
     --> suites/demo.yaml:7:14
      |
    7 |       - get: imagestreams/{{strem}}
      |              ^^^^^^^^^^^^^^^^^^^^^^ expected `registry`, `registry host`, `registry port`, `registry wildcard`, `elsewhere`, `namespace`, `stream`, `digest IMAGE`, `digest IMAGE config`, `digest IMAGE layer N`, `manifest IMAGE`, `config IMAGE` or `repeat TEXT N`

    hint: did you mean `stream`?
    ");
}

#[test]
fn a_step_with_two_actions_is_refused() {
    insta::assert_snapshot!(wrong(&format!("{CASE}    steps:\n      - get: a\n        delete: b\n")), @"
    error: a step has one action, found `get` and `delete`
     --> suites/demo.yaml:7:9
      |
    7 |       - get: a
      |         ^^^ expected one of `import`, `create`, `get`, `delete`, `post`, `put`, `patch`, `registry`, `secret`, `cluster`, `together`, `wait`
    ");
}

#[test]
fn a_field_that_no_step_has_is_refused() {
    insta::assert_snapshot!(wrong(&format!("{CASE}    steps:\n      - import: {{ images: [lib/app:v1], stroe: false }}\n")), @"
    error: unknown field `stroe`, expected one of `images`, `repository`, `store`, `importMode`, `insecure`, `scheduled`, `referencePolicy`, `includeManifest`, `metadata`, `spec`, `merge`, `query`, `headers`
     --> suites/demo.yaml:7:41
      |
    7 |       - import: { images: [lib/app:v1], stroe: false }
      |                                         ^^^^^

    hint: did you mean `store`?
    ");
}

#[test]
fn a_name_that_is_there_twice_is_refused() {
    insta::assert_snapshot!(wrong(&format!("{CASE}    steps: [get: a]\n  - name: first\n    about: again\n    steps: [get: b]\n")), @"
    error: case `first` is there twice
     --> suites/demo.yaml:7:11
      |
    7 |   - name: first
      |           ^^^^^

    hint: the other one is in line 4
    ");
}

#[rstest]
#[case::requirement("    requirement: [isi.spec.image]\n    steps: [get: a]\n", "did you mean `isi.spec.images`?")]
#[case::version("    since: \"4.9\"\n    steps: [get: a]\n", "unknown API version `4.9`")]
#[case::range(
    "    since: \"4.12\"\n    until: \"4.2\"\n    steps: [get: a]\n",
    "the case ends with 4.2, before it begins"
)]
#[case::feature("    needs: [pull-secret]\n    steps: [get: a]\n", "did you mean `pull-secrets`?")]
#[case::steps("    steps: []\n", "a case needs at least one step")]
#[case::path("    steps: [{ get: a, expect: { values: { 'a[': 1 } } }]\n", "is no JSONPath")]
#[case::status("    steps: [{ get: a, expect: { status: 99 } }]\n", "a status code from 100 to 599")]
fn what_makes_no_sense_is_refused(#[case] rest: &str, #[case] expected: &str) {
    let wrong = wrong(&format!("{CASE}{rest}"));
    assert!(wrong.contains(expected), "{wrong}");
}

#[rstest]
#[case::one("{ together: [{ get: a }] }", "`together` needs two requests or more", 25)]
#[case::not_a_request("{ together: [{ get: a }, { wait: 1s }] }", "only requests can be sent together", 38)]
#[case::nested("{ together: [{ get: a }, { together: [{ get: a }, { get: b }] }] }", "only requests can be sent", 38)]
#[case::traffic(
    "{ together: [{ get: a }, { get: b, expect: { requests: { /v2/: 1 } } }] }",
    "`requests` has no meaning in this step",
    58
)]
#[case::expected_of_all(
    "{ together: [{ get: a }, { get: b }], expect: { status: 201 } }",
    "`status` has no meaning",
    61
)]
#[case::as_all("{ together: [{ get: a }, { get: b }], as: admin }", "`as` has no meaning", 51)]
#[case::long("{ wait: 11s }", "a step waits at most 10s, found 11s", 21)]
#[case::expecting("{ wait: 1s, expect: { golden: false } }", "`expect` has no meaning", 25)]
#[case::no_time("{ wait: soon }", "invalid duration `soon`", 21)]
#[case::requests("{ get: a, expect: { requests: { 'get /v2/': 1 } } }", "is no pattern of requests", 45)]
#[case::count("{ get: a, expect: { requests: { /v2/: { count: 1, atMost: 1 } } } }", "`count` stands beside", 51)]
#[case::secret("{ secret: { username: a, text: '{}' } }", "`username` is ignored where `text` is", 35)]
fn a_step_that_would_be_ignored_in_part_is_refused(#[case] step: &str, #[case] expected: &str, #[case] column: usize) {
    let wrong = wrong(&format!("{CASE}    steps: [{step}]\n"));
    assert!(wrong.contains(expected), "{wrong}");
    assert!(wrong.contains(&format!("suites/demo.yaml:6:{column}\n")), "{wrong}");
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let text = format!("{CASE}    steps: []\n  - name: Second\n    about: b\n    steps: [get: a]\n");
    let count = load(&[Source::new("a.yaml", text)], fixture::builtin(), &[]).unwrap_err().iter().count();
    assert_eq!(count, 2);
}

#[test]
fn a_value_is_kept_before_it_is_named() {
    let steps =
        |steps: &str| load(&[Source::new("a.yaml", format!("{CASE}    steps: [{steps}]\n"))], fixture::builtin(), &[]);
    let named = "{ get: \"a?resourceVersion={{kept version}}\" }";
    let wrong = steps(named).unwrap_err().to_string();
    assert!(wrong.contains("`{{kept version}}` stands for a value that no earlier step keeps"), "{wrong}");
    assert!(steps(&format!("{{ get: a, keep: {{ version: metadata.resourceVersion }} }}, {named}")).is_ok());
}

#[rstest]
#[case("suite", json_schema())]
#[case("registry", schemars::schema_for!(fixture::RegistryFixture).to_value())]
#[case("images", schemars::schema_for!(fixture::ImageFile).to_value())]
fn the_schema_for_editors_is_current(#[case] name: &str, #[case] schema: serde_json::Value) {
    let path = format!("{}/schemas/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let current = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if std::env::var_os("ISI_UPDATE").is_some() {
        std::fs::write(&path, &current).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap_or_default() == current,
        "schemas/{name}.schema.json is out of date; ISI_UPDATE=1 cargo test --lib schema_for_editors writes it"
    );
}
