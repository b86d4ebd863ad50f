//! How many tasks were under way at the same time.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The largest number of tasks that were between `enter` and `leave` at once. All orderings are relaxed: the numbers
/// guard nothing, and the join of the tasks makes the final one visible.
#[derive(Default)]
pub struct InFlight {
    now: AtomicU64,
    most: AtomicU64,
}

impl InFlight {
    /// Counts a task in.
    pub fn enter(&self) {
        self.now.fetch_add(1, Relaxed);
    }

    /// Counts a task out. The maximum is taken here, because the number is never larger than just before someone leaves.
    pub fn leave(&self) {
        let before = self.now.fetch_sub(1, Relaxed);
        if before > self.most.load(Relaxed) {
            self.most.fetch_max(before, Relaxed);
        }
    }

    /// The maximum since the last call, which begins anew. Call it when all tasks have left.
    pub fn take_most(&self) -> u64 {
        self.most.swap(0, Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::thread;

    #[test]
    fn the_maximum_stays_until_it_is_taken() {
        let f = InFlight::default();
        for _ in 0..3 {
            f.enter();
        }
        f.leave();
        f.leave();
        f.enter();
        f.leave();
        f.leave();
        assert_eq!(f.take_most(), 3);
        assert_eq!(f.take_most(), 0);
    }

    #[test]
    fn threads_that_are_all_in_are_counted() {
        const TASKS: usize = 16;
        let f = InFlight::default();
        let all_in = Barrier::new(TASKS);
        thread::scope(|scope| {
            for _ in 0..TASKS {
                scope.spawn(|| {
                    f.enter();
                    all_in.wait();
                    f.leave();
                });
            }
        });
        assert_eq!(f.take_most(), TASKS as u64);
    }
}
