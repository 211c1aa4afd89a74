//! The rules that objects are judged by before anything is done with them.

pub(crate) mod image;
pub(crate) mod image_stream;
pub(crate) mod import;
pub(crate) mod meta;
pub(crate) mod signature;
