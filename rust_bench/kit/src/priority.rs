//! Which task of `pool_priority` has which priority, and how long each waited.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use crate::{TimeHistogram, mix};

/// How many tasks may be under way at once.
pub const POOL_LIMIT: usize = 64;

/// Which of the waiting tasks starts first, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    High,
    Normal,
    Low,
}

pub const PRIORITIES: [Priority; 3] = [Priority::High, Priority::Normal, Priority::Low];

impl Priority {
    /// Of each ten tasks one after the other one is high, six are normal and three are low. The seed turns each ten by a
    /// step of its own.
    #[inline]
    pub fn of(seed: u64, i: usize) -> Self {
        let i = i as u64;
        match (mix(seed.wrapping_add(i / 10)) % 10 + i) % 10 {
            0 => Self::High,
            1..=6 => Self::Normal,
            _ => Self::Low,
        }
    }

    /// The name of its histogram.
    pub const fn queueing_name(self) -> &'static str {
        match self {
            Self::High => "queueing_high_ns",
            Self::Normal => "queueing_normal_ns",
            Self::Low => "queueing_low_ns",
        }
    }
}

/// What the workload `pool_priority` reports; other workloads leave it alone.
#[derive(Default)]
pub struct Waiters {
    most_in_flight: AtomicU64,
    delays: [TimeHistogram; PRIORITIES.len()],
}

impl Waiters {
    /// Counts the time from the submission of a task to now, which is the start of its body.
    pub fn started(&self, priority: Priority, submitted: Instant) {
        self.delays(priority).count(submitted.elapsed());
    }

    pub fn delays(&self, priority: Priority) -> &TimeHistogram {
        &self.delays[priority as usize]
    }

    /// Says how many tasks were under way at once, at most, in this phase.
    pub fn set_most_in_flight(&self, most: u64) {
        self.most_in_flight.store(most, Relaxed);
    }

    /// What was said since the last call; 0 when nothing was.
    pub fn take_most_in_flight(&self) -> u64 {
        self.most_in_flight.swap(0, Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_ten_is_shared_exactly() {
        for seed in [0, 7, u64::MAX - 3] {
            for ten in 0..100 {
                let mut counts = [0; 3];
                for i in ten * 10..ten * 10 + 10 {
                    counts[Priority::of(seed, i) as usize] += 1;
                }
                assert_eq!(counts, [1, 6, 3], "seed {seed}, ten {ten}");
            }
        }
    }

    // The same numbers stand in the tests of every language.
    #[test]
    fn the_rule_is_the_same_in_every_language() {
        let of = |priority| {
            (0..64)
                .filter(|&i| Priority::of(42, i) == priority)
                .fold(0_u64, |bits, i| bits | 1 << i)
        };
        assert_eq!(of(Priority::High), 0x8080_8004_2000_0480);
        assert_eq!(of(Priority::Low), 0x7070_7003_9c0e_0070);
    }

    #[test]
    fn delays_are_counted_by_priority() {
        let waiters = Waiters::default();
        let waited = Duration::from_millis(5);
        let submitted = Instant::now()
            .checked_sub(waited)
            .expect("the machine is up for longer");
        waiters.started(Priority::Normal, submitted);
        let [[bound, 1]] = waiters.delays(Priority::Normal).filled()[..] else {
            panic!("one delay is counted");
        };
        assert!(u128::from(bound) >= waited.as_nanos());
        assert!(waiters.delays(Priority::High).filled().is_empty());
        assert!(waiters.delays(Priority::Low).filled().is_empty());
    }

    #[test]
    fn the_most_in_flight_is_that_of_a_phase() {
        let waiters = Waiters::default();
        waiters.set_most_in_flight(7);
        assert_eq!(waiters.take_most_in_flight(), 7);
        assert_eq!(waiters.take_most_in_flight(), 0);
    }
}
