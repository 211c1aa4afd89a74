//! What all cases of a run share.

use std::{sync::Arc, time::Duration};

use super::{
    cleanup::Cleanup,
    cluster::ClusterConfiguration,
    configuration_lag::ConfigurationLag,
    feature::Features,
    names::RunId,
    object::Objects,
    ports::Ports,
    remains::{CleaningReport, Mode, remove_namespaces, remove_streams},
    retry_reads::CacheLag,
    target::Target,
};
use crate::{
    fixture::{BuildError, ImageCatalogue, Images, Salt},
    golden,
    recording::Recording,
    redaction::Secrets,
    registry::Authority,
    suite::{Case, Feature},
    traits::Traits,
    version::ApiVersion,
};

/// What all cases of a run share.
#[derive(Debug)]
pub struct Session {
    /// The implementation under test.
    pub target: Target,
    /// The API version it is held against.
    pub version: ApiVersion,
    /// The namespace the run works in.
    pub namespace: String,
    /// The run's mark.
    pub run: RunId,
    /// The image recipes that cases can name.
    pub images: ImageCatalogue,
    /// What is expected.
    pub goldens: golden::Store,
    /// What the target's configuration decides in its answers.
    pub traits: Traits,
    /// How long configuration of the cluster takes to have an effect.
    pub lag: ConfigurationLag,
    /// How long reads from the target's watch caches are retried.
    pub reads: CacheLag,
    /// Where mock registries listen.
    pub ports: Ports,
    /// The certificate authority that the implementation trusts, for registries with trusted TLS.
    pub authority: Option<Authority>,
    /// What the implementation has: steps that need something else are left out.
    pub features: Features,
    /// How long a case may take.
    pub timeout: Duration,
    /// Where the pull secrets of cases are known, as long as an outcome of the case is.
    pub secrets: Secrets,
    /// Leaves in place what cases make.
    pub keep: bool,
    /// Whether goldens are proposed from the answers.
    pub proposals: Proposals,
    /// What responses are held against.
    pub baseline: Baseline,
    /// The configuration of the cluster, which some cases change.
    pub configuration: Arc<ClusterConfiguration>,
    /// What cases have made and not removed yet.
    pub cleanup: Cleanup,
}

/// Whether a run makes goldens of the answers; that takes longer than judging them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Proposals {
    /// For every case whose steps have all been answered.
    Made,
    /// None.
    #[default]
    Omitted,
}

/// What responses are held against.
#[derive(Debug, Clone, Default)]
pub enum Baseline {
    /// What suites and goldens say.
    #[default]
    Suites,
    /// The same, and they are recorded.
    SuitesWhileRecording,
    /// What another build answered, and nothing else.
    Recording(Arc<Recording>),
}

impl Baseline {
    /// The recording, if there is one.
    #[must_use]
    pub fn recording(&self) -> Option<&Recording> {
        match self {
            Self::Recording(recording) => Some(recording),
            Self::Suites | Self::SuitesWhileRecording => None,
        }
    }

    /// Whether the suites say what is expected, and goldens are needed.
    #[must_use]
    pub const fn is_suites(&self) -> bool {
        matches!(self, Self::Suites)
    }
}

impl Session {
    /// Whether the target keeps what is at this path: one without streams or images refuses to list and to delete them, and
    /// nothing of them is left behind.
    #[must_use]
    pub(super) fn keeps(&self, path: &str) -> bool {
        let lacks = |feature| self.features.absence(feature).is_some();
        !(path.contains("imagestreams") && lacks(Feature::Streams)
            || path.contains("/images/") && lacks(Feature::Images))
    }

    /// Builds the images that the registry of a case has, with this salt.
    ///
    /// # Errors
    /// When the catalogue lacks one of them, or one is made of itself.
    pub fn build_images(&self, case: &Case, salt: &Salt) -> Result<Images, BuildError> {
        self.images.build(case.images.iter().map(String::as_str), salt)
    }

    /// Ends the run once its cases have ended: puts the configuration back, and removes what appeared after cases were
    /// cleaned up. Says what is left behind.
    pub async fn end(&self) -> Vec<String> {
        let mut left = self.configuration.end().await;
        if !self.keep {
            left.extend(self.cleanup.finish(&self.target, &self.namespace).await);
            let mut report = CleaningReport::default();
            remove_streams(&self.target, &self.run, &self.namespace, Mode::Remove, &mut report).await;
            remove_namespaces(Objects::of_admin(&self.target), &self.run, Mode::Remove, &mut report).await;
            left.extend(report.left);
        }
        left.retain(|left| self.keeps(left));
        left
    }
}
