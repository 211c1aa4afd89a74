//! What a run knows: values that would be others in another run, and what goldens have in their place.

use crate::variable::{Bindings, Part, Variable};

/// How many digits of a digest people write.
const SHORT_DIGEST: usize = 12;
/// Shorter values (an empty config, say) turn up by chance and are left as they are.
const SHORTEST: usize = 4;

/// The values of a case in a run, with their placeholders.
#[derive(Debug, Default)]
pub struct KnownValues {
    /// The longest value first, so that a part never hides a whole.
    placeholders: Vec<(String, String)>,
}

impl KnownValues {
    /// The host of the registry, the stream, the namespace, and what the images of the case are made of.
    #[must_use]
    pub fn of(bindings: &Bindings) -> Self {
        let mut variables = vec![Variable::Registry, Variable::Stream, Variable::Namespace];
        for (image, values) in &bindings.images {
            variables.push(Variable::Manifest { image: image.clone() });
            variables.push(Variable::Config { image: image.clone() });
            let parts = [Part::Manifest, Part::Config].into_iter().chain((0..values.layers.len()).map(Part::Layer));
            variables.extend(parts.map(|part| Variable::Digest { image: image.clone(), part, first: None }));
            let short = Variable::Digest { image: image.clone(), part: Part::Manifest, first: Some(SHORT_DIGEST) };
            variables.push(short);
        }
        let mut placeholders: Vec<(String, String)> = variables
            .iter()
            .filter_map(|variable| Some((bindings.value(variable).ok()?, format!("[{variable}]"))))
            .filter(|(value, _)| value.len() > SHORTEST)
            .collect();
        placeholders.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        Self { placeholders }
    }

    /// `text` with placeholders in place of values.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        self.placeholders.iter().fold(text.to_owned(), |text, (value, placeholder)| {
            // Values may be manifests of megabytes: to prepare a search for one costs more than most texts are long.
            if value.len() <= text.len() && text.contains(value) { text.replace(value, placeholder) } else { text }
        })
    }

    /// `text` with placeholders in place of values; nothing if it has none of them.
    #[must_use]
    pub fn named(&self, text: &str) -> Option<String> {
        let named = self.mask(text);
        (named != text).then_some(named)
    }
}
