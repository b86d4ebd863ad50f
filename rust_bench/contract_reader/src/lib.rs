//! Reads a subject's output as strictly as docs/contract.md is written, for tests to hold output to it.

mod fixtures;
mod form;
mod stream;

pub use fixtures::{Asked, Fixture, fixtures};
pub use form::parse_line;
pub use stream::{read_describe, read_stream};
