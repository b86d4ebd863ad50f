//! How late tasks woke up.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use crate::TimeHistogram;

/// Counts wake-ups by how late they were, and those that came early.
#[derive(Default)]
pub struct Lateness {
    early: AtomicU64,
    times: TimeHistogram,
}

impl Lateness {
    /// Counts one wake-up at `now` of a task that was `due`.
    pub fn count(&self, due: Instant, now: Instant) {
        match now.checked_duration_since(due) {
            None => {
                self.early.fetch_add(1, Relaxed);
            }
            Some(late) => self.times.count(late),
        }
    }

    /// The number of wake-ups before their time.
    pub fn early(&self) -> u64 {
        self.early.load(Relaxed)
    }

    /// `[upper bound, count]` of each bucket that holds something, bounds rising.
    pub fn filled(&self) -> Vec<[u64; 2]> {
        self.times.filled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_late_wake_is_in_the_histogram() {
        let lateness = Lateness::default();
        let due = Instant::now();
        lateness.count(due, due);
        lateness.count(due, due + Duration::from_nanos(1025));
        assert_eq!(lateness.filled(), [[1024, 1], [2048, 1]]);
        assert_eq!(lateness.early(), 0);
    }

    #[test]
    fn an_early_wake_is_not_in_the_histogram() {
        let lateness = Lateness::default();
        let now = Instant::now();
        lateness.count(now + Duration::from_nanos(1), now);
        assert_eq!(lateness.early(), 1);
        assert!(lateness.filled().is_empty());
    }
}
