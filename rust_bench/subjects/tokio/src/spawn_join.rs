//! One task for each value, joined in order.

use kit::{Case, Outcome, mix};
use tokio::runtime::Runtime;

use crate::root;

pub fn run(runtime: &Runtime, case: Case) -> Outcome {
    root::run(runtime, async move {
        // A plain list of handles: a JoinSet would add an allocation and a lock to each task.
        let tasks: Vec<_> = (0..case.tasks)
            .map(|i| {
                let x = case.input(i);
                tokio::spawn(async move { mix(x) })
            })
            .collect();
        root::join_sum(tasks).await
    })
}
