//! What every Rust subject shares: the contract's options, records, clocks and arithmetic.

mod answer;
mod in_flight;
mod lateness;
mod options;
mod output;
mod phases;
mod process;
pub mod record;
mod subject;

pub use answer::{FNV_OFFSET, fnv, mix, rounds};
pub use in_flight::InFlight;
pub use lateness::Lateness;
pub use options::{Call, Options};
pub use phases::{Case, Outcome, Sleepers};
pub use subject::{Named, Subject};
