//! What every Rust subject shares: the contract's options, records, clocks and arithmetic.

mod answer;
mod in_flight;
mod lateness;
mod options;
mod output;
mod phases;
mod priority;
mod process;
pub mod record;
mod subject;
mod time_histogram;

pub use answer::{FNV_OFFSET, fnv, mix, rounds};
pub use in_flight::InFlight;
pub use lateness::Lateness;
pub use options::{Call, Options};
pub use phases::{Case, Outcome, Sleepers};
pub use priority::{POOL_LIMIT, PRIORITIES, Priority, Waiters};
pub use subject::{Named, Subject};
pub use time_histogram::TimeHistogram;
