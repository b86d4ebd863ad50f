//! Tasks in groups, each joined before the next begins.

use kit::{Case, Outcome};
use tokio::runtime::Runtime;

use crate::root;

pub fn run(runtime: &Runtime, case: Case) -> Outcome {
    root::run(runtime, async move {
        let mut done = Outcome::default();
        let mut group = Vec::with_capacity(case.tasks.min(1_000));
        let mut spawned = 0;
        for size in [10, 100, 1_000].into_iter().cycle() {
            if spawned == case.tasks {
                break;
            }
            let end = case.tasks.min(spawned + size);
            group.extend((spawned..end).map(|i| {
                let x = case.input(i);
                tokio::spawn(async move { kit::mix(x) })
            }));
            let joined = root::join_sum(group.drain(..)).await;
            done.answer = done.answer.wrapping_add(joined.answer);
            done.completed += joined.completed;
            spawned = end;
        }
        done
    })
}
