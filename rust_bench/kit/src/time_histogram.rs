//! Counts times by powers of two.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Bucket k holds what is at most 1024 << k ns, and above the one before.
pub struct TimeHistogram([AtomicU64; 64 - 10]);

impl Default for TimeHistogram {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; 64 - 10])
    }
}

impl TimeHistogram {
    /// Counts one time, from any thread.
    pub fn count(&self, time: Duration) {
        let ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).min(1 << 63);
        self.0[bucket(ns)].fetch_add(1, Relaxed);
    }

    /// `[upper bound, count]` of each bucket that holds something, bounds rising.
    pub fn filled(&self) -> Vec<[u64; 2]> {
        let counts = self.0.iter().map(|bucket| bucket.load(Relaxed));
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

    #[test]
    fn bounds_are_powers_of_two_and_belong_to_their_bucket() {
        let times = TimeHistogram::default();
        for ns in [0, 1, 1024, 1025, 2048, 2049, 1 << 30, (1 << 30) + 1] {
            times.count(Duration::from_nanos(ns));
        }
        assert_eq!(
            times.filled(),
            [[1024, 3], [2048, 2], [4096, 1], [1 << 30, 1], [1 << 31, 1]]
        );
    }

    #[test]
    fn the_last_bucket_takes_the_largest_value() {
        assert_eq!(bucket(1 << 63), 53);
        assert_eq!(TimeHistogram::default().0.len(), 54);
        let times = TimeHistogram::default();
        times.count(Duration::MAX);
        assert_eq!(times.filled(), [[1 << 63, 1]]);
    }
}
