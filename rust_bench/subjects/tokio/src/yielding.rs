//! The workload `yield`, which is a word of the language: tasks that go back to the scheduler ten times.

use kit::{Case, Outcome, mix};
use tokio::runtime::Runtime;
use tokio::task::yield_now;

use crate::root;

pub fn run(runtime: &Runtime, case: Case) -> Outcome {
    root::run(runtime, async move {
        let tasks: Vec<_> = (0..case.tasks)
            .map(|i| tokio::spawn(task(case.input(i))))
            .collect();
        root::join_sum(tasks).await
    })
}

async fn task(x: u64) -> u64 {
    let value = mix(x);
    for _ in 0..10 {
        yield_now().await;
    }
    value
}
