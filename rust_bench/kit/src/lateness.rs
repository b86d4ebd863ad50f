//! How late tasks woke up.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

/// Counts wake-ups by how late they were, in powers of two from 1024 ns, and those that came early.
#[derive(Default)]
pub struct Lateness {
    early: AtomicU64,
    buckets: Buckets,
}

/// Bucket k holds what is at most 1024 << k, and above the one before.
struct Buckets([AtomicU64; 64 - 10]);

impl Default for Buckets {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; 64 - 10])
    }
}

impl Lateness {
    /// Counts one wake-up at `now` of a task that was `due`.
    pub fn count(&self, due: Instant, now: Instant) {
        match now.checked_duration_since(due) {
            None => self.early.fetch_add(1, Relaxed),
            Some(late) => {
                let ns = u64::try_from(late.as_nanos()).unwrap_or(u64::MAX).min(1 << 63);
                self.buckets.0[bucket(ns)].fetch_add(1, Relaxed)
            }
        };
    }

    /// The number of wake-ups before their time.
    pub fn early(&self) -> u64 {
        self.early.load(Relaxed)
    }

    /// `[upper bound, count]` of each bucket that holds something, bounds rising.
    pub fn filled(&self) -> Vec<[u64; 2]> {
        let counts = self.buckets.0.iter().map(|bucket| bucket.load(Relaxed));
        (0..)
            .map(|k| 1024 << k)
            .zip(counts)
            .filter(|&(_, n)| n > 0)
            .map(|(bound, n)| [bound, n])
            .collect()
    }
}

/// The index of the bucket for `ns`, at most 2^63.
fn bucket(ns: u64) -> usize {
    let above = ns.saturating_sub(1) >> 10;
    (u64::BITS - above.leading_zeros()) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn bounds_are_powers_of_two_and_belong_to_their_bucket() {
        let lateness = Lateness::default();
        let due = Instant::now();
        for ns in [0, 1, 1024, 1025, 2048, 2049, 1 << 30, (1 << 30) + 1] {
            lateness.count(due, due + Duration::from_nanos(ns));
        }
        assert_eq!(
            lateness.filled(),
            [[1024, 3], [2048, 2], [4096, 1], [1 << 30, 1], [1 << 31, 1]]
        );
        assert_eq!(lateness.early(), 0);
    }

    #[test]
    fn the_last_bucket_takes_the_largest_value() {
        assert_eq!(bucket(1 << 63), 53);
        assert_eq!(Buckets::default().0.len(), 54);
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
