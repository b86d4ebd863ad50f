//! A pool of 64 tasks of the runtime, in front of which the others wait by priority.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::AcqRel, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use kit::{Case, Outcome, POOL_LIMIT, PRIORITIES, Priority, rounds};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use crate::root;

pub fn run(runtime: &Runtime, case: Case) -> Outcome {
    root::run(runtime, async move {
        let pool = Arc::new(Pool::new(POOL_LIMIT, case));
        for i in 0..case.tasks {
            let task = Task {
                i,
                priority: Priority::of(case.seed, i),
                submitted: Instant::now(),
            };
            pool.submit(task);
        }
        pool.all_ended.notified().await;
        case.waiters.set_most_in_flight(pool.queues().most as u64);
        pool.results
            .iter()
            .fold(Outcome::default(), |joined, result| Outcome {
                completed: joined.completed + 1,
                answer: joined.answer.wrapping_add(result.load(Relaxed)),
            })
    })
}

/// A task that was submitted.
struct Task {
    i: usize,
    priority: Priority,
    submitted: Instant,
}

impl Task {
    /// The body. It may wait for anything: it holds a place, and no worker.
    async fn run(self, pool: &Pool) {
        pool.case.waiters.started(self.priority, self.submitted);
        pool.results[self.i].store(rounds(pool.case.input(self.i)), Relaxed);
    }
}

/// Each place is a task of the runtime. One whose body has ended takes the first that waits and goes on with it, so that nothing has to
/// wake a dispatcher or spawn a task for each body.
struct Pool {
    limit: usize,
    case: Case,
    results: Vec<AtomicU64>,
    left: AtomicUsize,
    all_ended: Notify,
    queues: Mutex<Queues>,
}

#[derive(Default)]
struct Queues {
    waiting: [VecDeque<Task>; PRIORITIES.len()],
    places: usize,
    most: usize,
}

impl Pool {
    fn new(limit: usize, case: Case) -> Self {
        Self {
            limit,
            case,
            results: (0..case.tasks).map(|_| AtomicU64::new(0)).collect(),
            left: AtomicUsize::new(case.tasks),
            all_ended: Notify::new(),
            queues: Mutex::default(),
        }
    }

    fn submit(self: &Arc<Self>, task: Task) {
        let mut queues = self.queues();
        if queues.places == self.limit {
            queues.waiting[task.priority as usize].push_back(task);
        } else {
            queues.places += 1;
            queues.most = queues.most.max(queues.places);
            drop(queues);
            tokio::spawn(Arc::clone(self).work(task));
        }
    }

    async fn work(self: Arc<Self>, task: Task) {
        let mut next = Some(task);
        while let Some(task) = next {
            task.run(&self).await;
            next = self.queues().next();
            // acq_rel: who brings it to zero has seen, and through the notification passes on, what every task wrote.
            if self.left.fetch_sub(1, AcqRel) == 1 {
                self.all_ended.notify_one();
            }
            // What else is queued on this worker gets its turn, as it would if each body were a task of the runtime.
            tokio::task::consume_budget().await;
        }
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().expect("nobody panics while it is held")
    }
}

impl Queues {
    /// The first task by priority; without one the place is given back.
    fn next(&mut self) -> Option<Task> {
        let first = self.waiting.iter_mut().find_map(VecDeque::pop_front);
        if first.is_none() {
            self.places -= 1;
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(i: usize, priority: Priority) -> Task {
        Task {
            i,
            priority,
            submitted: Instant::now(),
        }
    }

    #[test]
    fn the_highest_comes_first_and_of_that_the_oldest() {
        let mut queues = Queues {
            places: 1,
            ..Queues::default()
        };
        for (i, priority) in [
            Priority::Low,
            Priority::Normal,
            Priority::Normal,
            Priority::High,
            Priority::Low,
        ]
        .into_iter()
        .enumerate()
        {
            queues.waiting[priority as usize].push_back(task(i, priority));
        }
        let mut order = Vec::new();
        while let Some(task) = queues.next() {
            assert_eq!(queues.places, 1);
            order.push(task.i);
        }
        assert_eq!(order, [3, 1, 2, 0, 4]);
        assert_eq!(queues.places, 0);
    }
}
