//! The importer: fetches what a request names and reports on each image.
//!
//! It neither reads nor writes streams: it gets the tags of one, and returns statuses.

mod failure;
mod fetch;
mod image;
mod import_run;
mod layer_sizes;
mod named_images;
mod plan;
mod platform;
mod repository;
mod tag_order;

pub(crate) use image::empty_metadata;
pub(crate) use import_run::{Completion, Import, Outcome, Passwords};
pub(crate) use layer_sizes::LayerSizes;

use crate::model::import::ImageStreamImport;
use fetch::ImageFetcher;

impl Import<'_> {
    /// Imports what `import` names, and writes the results into its status.
    pub(crate) async fn run(&self, import: &mut ImageStreamImport) -> Outcome {
        let mut fetcher = ImageFetcher::new(self);
        let passwords = named_images::import_images(&mut fetcher, import).await;
        repository::import_repository(&mut fetcher, import).await;
        Outcome { completion: fetcher.completion(), passwords }
    }
}
