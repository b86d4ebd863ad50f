//! Calls a subject, and reads its output as strictly as docs/contract.md is written, for tests to hold output to it.

mod call;
mod fixtures;
mod form;
mod stream;

pub use call::{start, words};
pub use fixtures::{Asked, Fixture, fixtures};
pub use form::parse_line;
pub use stream::{read_describe, read_stream};
