//! What the system knows about this process.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use rustix::time::{ClockId, clock_gettime};

/// /proc/self/status, kept open, so that reading it allocates nothing.
pub struct Status(File);

impl Status {
    pub fn open() -> io::Result<Self> {
        File::open("/proc/self/status").map(Self)
    }

    /// The resident memory now, in bytes.
    pub fn rss(&self) -> io::Result<u64> {
        self.bytes("VmRSS:")
    }

    /// The largest resident memory so far, in bytes.
    pub fn peak_rss(&self) -> io::Result<u64> {
        self.bytes("VmHWM:")
    }

    fn bytes(&self, field: &str) -> io::Result<u64> {
        let mut text = [0; 8192];
        let length = self.0.read_at(&mut text, 0)?;
        field_bytes(&text[..length], field)
            .ok_or_else(|| io::Error::other(format!("/proc/self/status: cannot read {field}")))
    }
}

/// Finds "field:   123 kB" among the lines of `status`.
fn field_bytes(status: &[u8], field: &str) -> Option<u64> {
    let line = status
        .split(|&byte| byte == b'\n')
        .find_map(|line| line.strip_prefix(field.as_bytes()))?;
    let kb = std::str::from_utf8(line).ok()?.trim().strip_suffix(" kB")?;
    kb.parse::<u64>().ok()?.checked_mul(1024)
}

/// CPU time of all threads of this process, in ns.
pub fn cpu_time() -> u64 {
    let t = clock_gettime(ClockId::ProcessCPUTime);
    t.tv_sec.unsigned_abs() * 1_000_000_000 + t.tv_nsec.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;
    use std::time::{Duration, Instant};

    #[test]
    fn fields_are_found_at_the_start_of_a_line() {
        let text = b"Name:\tVmRSS: 7 kB\nVmHWM:\t    4096 kB\nVmRSS:\t     123 kB\nThreads:\t1\n";
        assert_eq!(field_bytes(text, "VmRSS:"), Some(123 * 1024));
        assert_eq!(field_bytes(text, "VmHWM:"), Some(4096 * 1024));
        assert_eq!(field_bytes(text, "VmSwap:"), None);
        assert_eq!(field_bytes(text, "Threads:"), None);
    }

    #[test]
    fn touched_memory_shows() {
        const SIZE: usize = 64 << 20;
        let status = Status::open().unwrap();
        let before = status.rss().unwrap();
        let touched = black_box(vec![1_u8; SIZE]);
        let grown = status.peak_rss().unwrap() - before;
        assert!(
            grown >= touched.len() as u64 * 9 / 10,
            "{SIZE} bytes touched, the peak grew by {grown}"
        );
    }

    #[test]
    fn cpu_time_runs_while_we_compute() {
        let (before, start) = (cpu_time(), Instant::now());
        let mut x = 1;
        while start.elapsed() < Duration::from_millis(20) {
            x = black_box(crate::rounds(x));
        }
        assert!(cpu_time() > before);
    }
}
