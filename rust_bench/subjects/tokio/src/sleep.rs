//! Tasks that are all asleep at the same time.

use std::time::{Duration, Instant};

use kit::{Case, Outcome, Sleepers, mix};
use tokio::runtime::Runtime;
use tokio::time::sleep_until;

use crate::root;

pub fn run(runtime: &Runtime, case: Case) -> Outcome {
    let time = sleep_time(case.tasks);
    root::run(runtime, async move {
        let tasks: Vec<_> = (0..case.tasks)
            .map(|i| tokio::spawn(task(case.input(i), time, case.sleepers)))
            .collect();
        root::join_sum(tasks).await
    })
}

async fn task(x: u64, time: Duration, sleepers: &'static Sleepers) -> u64 {
    sleepers.in_flight.enter();
    let due = Instant::now() + time;
    sleep_until(due.into()).await;
    sleepers.lateness.count(due, Instant::now());
    sleepers.in_flight.leave();
    mix(x)
}

/// Long enough to start all tasks before the first one wakes.
fn sleep_time(tasks: usize) -> Duration {
    Duration::from_millis(match tasks {
        ..=1_000 => 10,
        1_001..=10_000 => 100,
        10_001..=100_000 => 1_000,
        _ => 10_000,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleep_time_grows_with_the_tasks() {
        for (tasks, ms) in [
            (1, 10),
            (1_000, 10),
            (1_001, 100),
            (10_000, 100),
            (10_001, 1_000),
            (100_000, 1_000),
            (100_001, 10_000),
        ] {
            assert_eq!(sleep_time(tasks).as_millis(), ms, "{tasks} tasks");
        }
    }
}
