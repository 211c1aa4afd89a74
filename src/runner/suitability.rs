//! Cases that cannot show anything on a target with some traits.

use crate::{
    suite::{Action, Case, Request, SAMPLE_REGISTRY, Script, Step, User},
    traits::{AllowList, RepositoryLimit, Traits},
};

/// How many tags of a repository servers import unless they are configured otherwise.
const USUAL_LIMIT: usize = 50;

/// The largest number of tags that the case imports of one repository, one more than the usual limit at most.
#[must_use]
pub fn repository_tags(case: &Case) -> usize {
    tags_imported(case.sampled()).min(USUAL_LIMIT + 1)
}

/// Why a target with these traits cannot be expected to do as the case says, if so.
#[must_use]
pub fn reason_of_traits(case: &Case, traits: &Traits) -> Option<String> {
    let (RepositoryLimit::Tags(limit) | RepositoryLimit::MoreThan(limit)) = traits.repository_limit else {
        return of_allow_list(case, traits);
    };
    let tags = tags_imported(case.sampled());
    let differs = match traits.repository_limit {
        RepositoryLimit::Tags(_) => tags.min(limit) != tags.min(USUAL_LIMIT),
        _ => limit >= USUAL_LIMIT && tags > USUAL_LIMIT,
    };
    // A suite about the configuration of the server says itself what it expects.
    if differs && !is_about_configuration(case) {
        let limit = match traits.repository_limit {
            RepositoryLimit::Tags(limit) => format!("{limit} tags"),
            _ => format!("more than {limit} tags"),
        };
        return Some(format!("the target imports {limit} of a repository; the case is about {USUAL_LIMIT} at most"));
    }
    of_allow_list(case, traits)
}

fn of_allow_list(case: &Case, traits: &Traits) -> Option<String> {
    if traits.allow_list == AllowList::Everything || is_about_configuration(case) {
        return None;
    }
    let inside = format!("{SAMPLE_REGISTRY}/");
    let elsewhere = requests(case.sampled())
        .filter(|(user, _)| matches!(user, User::User | User::Restricted))
        .flat_map(|(_, request)| named(request))
        .find(|name| !name.starts_with(&inside))?;
    Some(format!(
        "the target's allow list refuses other registries than the mock registry, such as that of `{elsewhere}`"
    ))
}

fn is_about_configuration(case: &Case) -> bool {
    case.needs.contains(&crate::suite::Feature::ServerConfiguration)
}

fn requests(script: &Script) -> impl Iterator<Item = (User, &Request)> {
    script.steps.iter().flat_map(members).filter_map(|step: &Step| match &step.action {
        Action::Request(request) => Some((step.user, request)),
        _ => None,
    })
}

fn members(step: &Step) -> &[Step] {
    match &step.action {
        Action::Together(members) => members,
        _ => std::slice::from_ref(step),
    }
}

fn tags_imported(script: &Script) -> usize {
    requests(script)
        .filter(|(_, request)| request.resource() == "imagestreamimports")
        .filter_map(|(_, request)| {
            let object = request.object()?;
            let name = object["spec"]["repository"]["from"]["name"].as_str()?;
            let repository = name.strip_prefix(SAMPLE_REGISTRY)?.strip_prefix('/')?;
            script.registry.repositories.get(repository).map(|tags| tags.len())
        })
        .max()
        .unwrap_or(0)
}

/// The images that a request names, for an import or in the spec of a stream.
fn named(request: &Request) -> Vec<String> {
    let Some(object) = request.object() else { return Vec::new() };
    let entries = match request.resource() {
        "imagestreamimports" => {
            let images = object["spec"]["images"].as_array().into_iter().flatten();
            images.chain([&object["spec"]["repository"]]).cloned().collect()
        }
        "imagestreams" => object["spec"]["tags"].as_array().cloned().unwrap_or_default(),
        "imagestreamtags" => vec![object["tag"].clone()],
        _ => Vec::new(),
    };
    let images = entries.iter().filter(|entry| entry["from"]["kind"] == "DockerImage");
    images.filter_map(|entry| entry["from"]["name"].as_str()).map(str::to_owned).collect()
}
