//! Chains of futures, each of which awaits the next level.

use kit::{Case, Outcome, mix};
use tokio::runtime::Runtime;
use tokio::task::yield_now;

use crate::root;

const DEPTH: usize = 1_000;

pub fn run(runtime: &Runtime, case: Case) -> Outcome {
    root::run(runtime, async move {
        let mut done = Outcome::default();
        for first in (0..case.tasks).step_by(DEPTH) {
            let depth = DEPTH.min(case.tasks - first);
            done.answer = done.answer.wrapping_add(level(case.input(first), depth).await);
            done.completed += depth as u64;
        }
        done
    })
}

/// A level and all below it. The deepest yields, so that every level above is left and polled again.
async fn level(x: u64, depth: usize) -> u64 {
    if depth == 1 {
        yield_now().await;
        return mix(x);
    }
    let below = Box::pin(level(x.wrapping_add(1), depth - 1)).await;
    below.wrapping_add(mix(x))
}
