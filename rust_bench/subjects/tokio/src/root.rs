//! The root task.

use kit::Outcome;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// Runs `root` as a task on a worker, and blocks until it ends. Tasks that it spawns go to that worker's own queue;
/// spawned by a future inside `block_on`, on a thread that is no worker, each would go through the shared one.
pub fn run<F>(runtime: &Runtime, root: F) -> Outcome
where
    F: Future<Output = Outcome> + Send + 'static,
{
    runtime.block_on(join(runtime.spawn(root)))
}

/// The value of a task. A panic in it is this task's panic.
pub async fn join<T>(task: JoinHandle<T>) -> T {
    task.await.expect("a task panicked")
}

/// Joins tasks in order and sums up what they return.
pub async fn join_sum(tasks: impl IntoIterator<Item = JoinHandle<u64>>) -> Outcome {
    let mut joined = Outcome::default();
    for task in tasks {
        joined.answer = joined.answer.wrapping_add(join(task).await);
        joined.completed += 1;
    }
    joined
}
