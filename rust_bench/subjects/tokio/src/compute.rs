//! `fan_out` with about 1 µs of work in each task.

use kit::{Case, Outcome, rounds};
use tokio::runtime::Runtime;

use crate::fan_out::fan_out;

pub fn run(runtime: &Runtime, case: Case) -> Outcome {
    fan_out(runtime, case, rounds)
}
