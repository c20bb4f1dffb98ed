//! Pinned charts.

use crate::scalar::{ChartVersion, GitCommit, GitTag, HttpsUrl, OciDigest, OciUrl, RelativePath};

/// A chart, pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartPin {
    /// The chart's name.
    pub name: String,
    /// The chart's version.
    pub version: ChartVersion,
    /// The version of the model that it is rendered by: its own, or one that stands in for a version without a model.
    pub model: ChartVersion,
    /// Where it comes from.
    pub source: ChartSource,
}

/// Where a chart comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChartSource {
    /// A folder of a Git repository.
    Git {
        /// The repository.
        url: HttpsUrl,
        /// Tag or commit.
        reference: GitReference,
        /// The chart's folder.
        path: RelativePath,
    },
    /// An OCI artifact.
    Oci {
        /// The artifact, chart name included.
        url: OciUrl,
        /// Its digest, which pins the content; without it the version is a tag that can move.
        digest: Option<OciDigest>,
    },
    /// A Helm repository.
    Repository {
        /// The repository.
        url: HttpsUrl,
    },
    /// A folder of this repository.
    Vendored {
        /// The chart's folder.
        path: RelativePath,
    },
}

/// What a Git chart is pinned to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GitReference {
    /// A tag: Flux clones it shallowly.
    Tag(GitTag),
    /// A commit: cannot move, but Flux clones the whole history.
    Commit(GitCommit),
}
