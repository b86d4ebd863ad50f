//! N independent tasks, in bulk.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use futures_util::stream::{self, StreamExt};
use kit::{Case, Outcome, mix};
use tokio::runtime::Runtime;

use crate::root;

pub fn run(runtime: &Runtime, case: Case) -> Outcome {
    fan_out(runtime, case, mix)
}

/// Shares of the range for each worker, so that one who is done finds another share to take.
const SHARES: usize = 8;

/// Runs a task for each index. Each is a future of its own and could wait without holding up another; those that do
/// not wait are gone before the next one is made. Spawning each would cost a heap cell of its own and a reference count.
pub fn fan_out(runtime: &Runtime, case: Case, task: fn(u64) -> u64) -> Outcome {
    root::run(runtime, async move {
        let share = case.tasks.div_ceil(case.workers * SHARES);
        let shares: Vec<_> = (0..case.tasks)
            .step_by(share)
            .map(|first| {
                let last = case.tasks.min(first + share);
                tokio::spawn(async move {
                    let sum = AtomicU64::new(0);
                    let tasks = stream::iter((first..last).map(|i| case.input(i)));
                    tasks
                        .for_each_concurrent(None, async |x| {
                            sum.fetch_add(task(x), Relaxed);
                        })
                        .await;
                    Outcome {
                        completed: (last - first) as u64,
                        answer: sum.into_inner(),
                    }
                })
            })
            .collect();
        let mut done = Outcome::default();
        for share in shares {
            let joined = root::join(share).await;
            done.answer = done.answer.wrapping_add(joined.answer);
            done.completed += joined.completed;
        }
        done
    })
}
