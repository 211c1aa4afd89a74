//! Tags that follow other tags.

use super::{State, image_ids, stream::Writer};
use crate::{
    error::ApiError,
    field::FieldError,
    model::{
        image_stream::{ImageStream, TagEvent, TagHistory, TagReference},
        meta::ObjectReference,
        time::Time,
    },
    validation::meta::path_segment,
};

/// Records that `tag` points to another image. The same image from elsewhere is the same event, updated in place.
pub(crate) fn record(stream: &mut ImageStream, tag: &str, event: TagEvent) {
    let history = stream
        .status
        .tags
        .entry(tag.to_owned())
        .or_insert_with(|| TagHistory { tag: tag.to_owned(), ..TagHistory::default() });
    // Whatever went wrong with the tag before is over.
    let Some(newest) = history.items.first_mut() else {
        (history.items, history.conditions) = (vec![event], Vec::new());
        return;
    };
    let same_reference = newest.docker_image_reference == event.docker_image_reference;
    let same_image = newest.image == event.image;
    if same_reference || same_image {
        if same_reference && same_image && newest.generation == event.generation {
            return;
        }
        newest.image = event.image;
        newest.docker_image_reference = event.docker_image_reference;
        newest.generation = event.generation;
    } else {
        history.items.insert(0, event);
    }
    history.conditions.clear();
}

impl State {
    /// Brings the tags up to date that a write of `stream` changes: those that follow other tags or images, and those
    /// that are references. `old` is the stream before the write. Returns what is wrong with what they follow.
    pub(crate) fn follow_tags(
        &self,
        stream: &mut ImageStream,
        old: Option<&ImageStream>,
        writer: Writer,
    ) -> Vec<FieldError> {
        let mut errors = check_foreign(stream, old);
        for (name, tag) in stream.spec.tags.clone() {
            let Some(from) = tag.from.as_ref().filter(|_| is_changed(old, &name, &tag)) else { continue };
            let generation = stream.metadata.generation;
            match self.target(stream, &tag, from) {
                Ok(Some(event)) => {
                    renew(stream, from, &event, generation);
                    record(stream, &name, TagEvent { generation, ..event });
                }
                Ok(None) => {}
                Err(problem) => errors.push(problem.of(&format!("spec.tags[{name}].from.name"), &from.name)),
            }
        }
        // Servers take the status of a client's update from the old stream, and so see no difference between the two.
        if matches!(writer, Writer::Import | Writer::Tag) || old.is_none_or(|old| old.status.tags.is_empty()) {
            follow_within(stream, old);
        }
        errors
    }

    /// What a tag points to when it does not have to be imported.
    fn target(
        &self,
        stream: &ImageStream,
        tag: &TagReference,
        from: &ObjectReference,
    ) -> Result<Option<TagEvent>, FollowError> {
        let separator = match from.kind.as_str() {
            "DockerImage" if tag.reference && !from.name.is_empty() => {
                return Ok(Some(TagEvent {
                    created: Some(Time::now()),
                    docker_image_reference: from.name.clone(),
                    image: String::new(),
                    generation: 0,
                }));
            }
            "DockerImage" if !from.name.is_empty() => return Ok(None),
            "ImageStreamTag" => ':',
            "ImageStreamImage" => '@',
            _ => return Err(FollowError::Form),
        };
        let own = stream.metadata.name.as_str();
        let parts: Vec<&str> = from.name.split(separator).collect();
        let (of, which) = match parts.as_slice() {
            [which] => (own, *which),
            [of, which] => (*of, *which),
            _ => return Err(FollowError::Form),
        };
        let namespace = if from.namespace.is_empty() { &stream.metadata.namespace } else { &from.namespace };
        let is_own = of == own && *namespace == stream.metadata.namespace;
        let source = if is_own { Some(stream) } else { self.stream(namespace, of) };
        let source = source.ok_or_else(|| match path_segment(of) {
            _ if of.is_empty() => FollowError::Unreadable("Name parameter required.".to_owned()),
            Some(problem) => FollowError::Unreadable(format!("Name parameter invalid: {of:?}: {problem}")),
            None => FollowError::NoStream,
        })?;
        if separator == ':' {
            return Ok(source.latest(which).cloned());
        }
        let found = image_ids::resolve(source, which).map_err(FollowError::NoImage)?;
        Ok(Some(TagEvent { created: Some(Time::now()), ..found.clone() }))
    }
}

/// Whether a write changes this tag of the spec, or adds it.
fn is_changed(old: Option<&ImageStream>, name: &str, tag: &TagReference) -> bool {
    old.and_then(|old| old.spec.tags.get(name)).is_none_or(|old| super::stream::differs(old, tag))
}

/// What follows something of another namespace must be of a form that servers know: they ask whether the user may read it.
fn check_foreign(stream: &ImageStream, old: Option<&ImageStream>) -> Vec<FieldError> {
    let namespace = &stream.metadata.namespace;
    let has_form = |from: &ObjectReference| match from.kind.as_str() {
        "ImageStreamTag" => from.name.split(':').count() <= 2,
        "ImageStreamImage" => from.name.split('@').count() <= 2,
        _ => false,
    };
    let tags = stream.spec.tags.iter().filter_map(|(name, tag)| Some((name, tag, tag.from.as_ref()?)));
    tags.filter(|(name, tag, from)| {
        !matches!(&from.namespace, own if own.is_empty() || own == namespace) && is_changed(old, name, tag)
    })
    .filter(|(_, _, from)| !has_form(from))
    .map(|(name, _, from)| FollowError::Form.of(&format!("spec.tags[{name}].from.name"), &from.name))
    .collect()
}

/// Gives the event of a tag of the same stream the generation of the tag that follows it: servers change the event in place. Where
/// an image is named they copy it (`ResolveImageID` of openshift-apiserver).
fn renew(stream: &mut ImageStream, from: &ObjectReference, event: &TagEvent, generation: i64) {
    let (of, tag) = from.name.split_once(':').unwrap_or((stream.metadata.name.as_str(), &from.name));
    let is_own =
        of == stream.metadata.name && (from.namespace.is_empty() || from.namespace == stream.metadata.namespace);
    if !is_own || from.kind != "ImageStreamTag" {
        return;
    }
    let mut events = stream.status.tags.get_mut(tag).into_iter().flat_map(|history| &mut history.items);
    if let Some(found) = events.find(|found| *found == event) {
        found.generation = generation;
    }
}

/// Why a tag cannot follow what it names. A tag that is not there yet may be followed.
#[derive(Debug)]
enum FollowError {
    /// The name has too many parts, or is of no known kind.
    Form,
    NoStream,
    /// The stream has a name that none can have.
    Unreadable(String),
    /// The stream has no such image, or several.
    NoImage(ApiError),
}

impl FollowError {
    fn of(&self, field: &str, name: &str) -> FieldError {
        match self {
            Self::Form => {
                FieldError::invalid(field, name, "must be of the form <tag>, <repo>:<tag>, <id>, or <repo>@<id>")
            }
            Self::NoStream => FieldError::not_found(field, name),
            Self::Unreadable(why) => {
                FieldError::invalid(field, name, format!("unable to retrieve image stream: {why}"))
            }
            Self::NoImage(why) => FieldError::invalid(field, name, format!("error generating tag event: {why}")),
        }
    }
}

/// Gives tags that follow a changed tag of the same stream its newest event.
pub(crate) fn follow_within(stream: &mut ImageStream, old: Option<&ImageStream>) {
    let changed: Vec<(String, TagEvent)> = stream
        .status
        .tags
        .iter()
        .filter_map(|(name, history)| Some((name.clone(), history.items.first()?.clone())))
        .filter(|(name, newest)| old.is_none_or(|old| old.latest(name) != Some(newest)))
        .collect();
    for (changed, event) in changed {
        let full = format!("{}:{changed}", stream.metadata.name);
        let follows = |from: &ObjectReference| {
            from.kind == "ImageStreamTag"
                && (from.namespace.is_empty() || from.namespace == stream.metadata.namespace)
                && (from.name == changed || from.name == full)
        };
        let followers: Vec<String> = stream
            .spec
            .tags
            .iter()
            .filter(|(_, tag)| tag.from.as_ref().is_some_and(follows))
            .map(|(name, _)| name.clone())
            .collect();
        for follower in followers {
            record(stream, &follower, event.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::model::image_stream::TagCondition;

    fn event(reference: &str, image: &str, generation: i64) -> TagEvent {
        TagEvent { created: None, docker_image_reference: reference.to_owned(), image: image.to_owned(), generation }
    }

    #[rstest]
    #[case::the_same_again(event("r/a", "one", 2), 1)]
    #[case::from_elsewhere(event("r/b", "one", 2), 1)]
    #[case::moved(event("r/b", "two", 2), 2)]
    fn only_another_image_from_elsewhere_makes_history(#[case] next: TagEvent, #[case] length: usize) {
        let mut stream = ImageStream::default();
        record(&mut stream, "v1", event("r/a", "one", 1));
        record(&mut stream, "v1", next.clone());
        assert_eq!(stream.status.tags["v1"].items.len(), length);
        assert_eq!(stream.latest("v1"), Some(&next));
    }

    #[test]
    fn a_tag_that_gets_its_first_image_does_not_fail_any_more() {
        let failed = TagHistory { conditions: vec![TagCondition::default()], ..TagHistory::default() };
        let mut stream = ImageStream::default();
        stream.status.tags.insert("v1".to_owned(), failed);
        record(&mut stream, "v1", event("r/a", "one", 1));
        assert_eq!(stream.status.tags["v1"].conditions, []);
    }
}
