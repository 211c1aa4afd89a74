//! Recordings: what one build of an implementation answered, to hold another build against it.
//!
//! A recording is a folder: `recording.json` says what was recorded, and `SUITE/CASE.json` has the responses of a case. They
//! are written as goldens are, with placeholders for what differs from run to run. Every case is recorded twice; what came
//! out differently the second time is masked.
//!
//! - [`Manifest`] and [`RecordedCase`] are the content, [`Recording`] is a whole one, and [`write()`] makes the folder;
//! - [`join`] masks what two recordings of a case differ in;
//! - [`compare`] tells where a response differs from a recorded one.

mod case;
mod compare;
mod folder;
mod join;

pub use case::{Manifest, NotRecorded, RecordedCase, RecordedStep, RecordingSelection};
pub use compare::{Recorded, compare};
pub use folder::{Recording, RecordingError, prepare, write};
pub use join::join;
