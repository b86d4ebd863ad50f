//! Runs a workload phase by phase, with the clocks around each.

use std::io::{self, Write};
use std::time::Instant;

use crate::options::Call;
use crate::process::{Status, cpu_time};
use crate::record::{Done, Histogram, Record, Sample};
use crate::{InFlight, Lateness, PRIORITIES, Waiters};

/// The work of one phase. It is a copy that a task may keep.
#[derive(Clone, Copy)]
pub struct Case {
    pub tasks: usize,
    pub workers: usize,
    pub seed: u64,
    pub sleepers: &'static Sleepers,
    pub waiters: &'static Waiters,
}

impl Case {
    /// What task `i` starts from.
    #[inline]
    pub fn input(&self, i: usize) -> u64 {
        self.seed.wrapping_add(i as u64)
    }
}

/// What the workload `sleep` reports; other workloads leave it alone.
#[derive(Default)]
pub struct Sleepers {
    pub in_flight: InFlight,
    pub lateness: Lateness,
}

/// What a phase has joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub completed: u64,
    pub answer: u64,
}

/// Runs `work` `call.phases` times, writes a sample for each, then the histograms and `done`.
/// With no phases it runs the work once, unmeasured, for its answer.
pub fn run(call: &Call, work: impl Fn(Case) -> Outcome, out: &mut impl Write) -> io::Result<()> {
    // Tasks outlive any borrow, and a counted reference in each would be work that other subjects do not do.
    // One call a process: what is leaked here is small and lives to its end anyway.
    let sleepers: &'static Sleepers = Box::leak(Box::default());
    let waiters: &'static Waiters = Box::leak(Box::default());
    let case = Case {
        tasks: call.tasks,
        workers: call.workers,
        seed: call.seed,
        sleepers,
        waiters,
    };
    let status = Status::open()?;
    let mut first = None;
    for i in 0..call.phases {
        let early_before = sleepers.lateness.early();
        let (outcome, mut sample) = measure(&status, || work(case))?;
        if *first.get_or_insert(outcome) != outcome {
            return Err(io::Error::other(format!(
                "phase {i} gave {outcome:?}, phase 0 gave {first:?}"
            )));
        }
        sample.i = i;
        let most = sleepers.in_flight.take_most();
        if most > 0 {
            sample.max_in_flight = Some(most);
            sample.early_wakes = Some(sleepers.lateness.early() - early_before);
        }
        let most = waiters.take_most_in_flight();
        if most > 0 {
            sample.max_in_flight = Some(most);
        }
        Record::Sample(sample).write(out)?;
    }
    let outcome = first.unwrap_or_else(|| work(case));
    if call.phases > 0 {
        write_histogram("lateness_ns", sleepers.lateness.filled(), out)?;
        for priority in PRIORITIES {
            write_histogram(priority.queueing_name(), waiters.delays(priority).filled(), out)?;
        }
    }
    let Outcome { completed, answer } = outcome;
    Record::Done(Done {
        completed,
        answer,
        throttled: None,
        throttle_reason: None,
    })
    .write(out)
}

/// Writes nothing where nothing was counted.
fn write_histogram(of: &str, buckets: Vec<[u64; 2]>, out: &mut impl Write) -> io::Result<()> {
    if buckets.is_empty() {
        return Ok(());
    }
    let of = of.to_owned();
    Record::Histogram(Histogram { of, buckets }).write(out)
}

/// Memory is read outside the clocks, and the wall clock inside the CPU clock.
fn measure(status: &Status, work: impl FnOnce() -> Outcome) -> io::Result<(Outcome, Sample)> {
    let rss_before_bytes = status.rss()?;
    let cpu_start = cpu_time();
    let start = Instant::now();
    let outcome = work();
    let wall = start.elapsed();
    let cpu_ns = cpu_time() - cpu_start;
    let sample = Sample {
        i: 0,
        wall_ns: u64::try_from(wall.as_nanos()).map_err(io::Error::other)?,
        cpu_ns,
        rss_before_bytes,
        peak_rss_bytes: status.peak_rss()?,
        max_in_flight: None,
        early_wakes: None,
    };
    Ok((outcome, sample))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Priority;
    use std::cell::Cell;
    use std::thread;
    use std::time::Duration;

    fn call(phases: u32) -> Call {
        Call {
            workload: "w".to_owned(),
            tasks: 3,
            workers: 2,
            phases,
            seed: 7,
        }
    }

    /// The records that `run` writes for a work.
    fn records(phases: u32, work: impl Fn(Case) -> Outcome) -> (io::Result<()>, Vec<Record>) {
        let mut out = Vec::new();
        let ended = run(&call(phases), work, &mut out);
        let lines = out.split_inclusive(|&byte| byte == b'\n');
        (
            ended,
            lines
                .map(|line| crate::record::Line::parse(line).unwrap().record)
                .collect(),
        )
    }

    #[test]
    fn no_phase_gives_the_answer_only() {
        let runs = Cell::new(0);
        let (ended, records) = records(0, |case| {
            runs.set(runs.get() + 1);
            case.sleepers.lateness.count(Instant::now(), Instant::now());
            Outcome {
                completed: case.tasks as u64,
                answer: case.input(1),
            }
        });
        ended.unwrap();
        assert_eq!(runs.get(), 1);
        let done = Done {
            completed: 3,
            answer: 8,
            throttled: None,
            throttle_reason: None,
        };
        assert_eq!(records, [Record::Done(done)]);
    }

    #[test]
    fn each_phase_gives_a_sample_and_the_histogram_covers_all() {
        let (ended, records) = records(4, |case| {
            for _ in 0..case.tasks {
                case.sleepers.in_flight.enter();
            }
            for _ in 0..case.tasks {
                let due = Instant::now();
                case.sleepers
                    .lateness
                    .count(due, due + Duration::from_nanos(5000));
                case.sleepers.in_flight.leave();
            }
            Outcome {
                completed: 3,
                answer: 1,
            }
        });
        ended.unwrap();
        let [samples @ .., Record::Histogram(histogram), Record::Done(_)] = &records[..] else {
            panic!("{records:?}");
        };
        assert_eq!(histogram.buckets, [[8192, 12]]);
        assert_eq!(samples.len(), 4);
        for (i, sample) in (0..).zip(samples) {
            let Record::Sample(sample) = sample else {
                panic!("{sample:?}")
            };
            assert_eq!(
                (sample.i, sample.max_in_flight, sample.early_wakes),
                (i, Some(3), Some(0))
            );
        }
    }

    #[test]
    fn phases_say_how_tasks_waited() {
        let (ended, records) = records(2, |case| {
            case.waiters.set_most_in_flight(2);
            case.waiters.delays(Priority::High).count(Duration::from_nanos(1));
            case.waiters
                .delays(Priority::Low)
                .count(Duration::from_nanos(5000));
            Outcome {
                completed: 3,
                answer: 1,
            }
        });
        ended.unwrap();
        let [
            Record::Sample(first),
            Record::Sample(second),
            Record::Histogram(high),
            Record::Histogram(low),
            Record::Done(_),
        ] = &records[..]
        else {
            panic!("{records:?}");
        };
        for sample in [first, second] {
            assert_eq!((sample.max_in_flight, sample.early_wakes), (Some(2), None));
        }
        assert_eq!(
            (high.of.as_str(), &high.buckets[..]),
            ("queueing_high_ns", &[[1024, 2]][..])
        );
        assert_eq!(
            (low.of.as_str(), &low.buckets[..]),
            ("queueing_low_ns", &[[8192, 2]][..])
        );
    }

    #[test]
    fn early_wakes_are_those_of_the_phase() {
        let (_, records) = records(2, |case| {
            case.sleepers.in_flight.enter();
            case.sleepers
                .lateness
                .count(Instant::now() + Duration::from_secs(60), Instant::now());
            case.sleepers.in_flight.leave();
            Outcome::default()
        });
        for record in &records[..2] {
            assert!(
                matches!(
                    record,
                    Record::Sample(Sample {
                        early_wakes: Some(1),
                        ..
                    })
                ),
                "{record:?}"
            );
        }
    }

    #[test]
    fn wall_time_is_that_of_the_work() {
        let status = Status::open().unwrap();
        let (_, sample) = measure(&status, || {
            thread::sleep(Duration::from_millis(20));
            Outcome::default()
        })
        .unwrap();
        assert!(sample.wall_ns >= 20_000_000);
        assert!(sample.rss_before_bytes > 0 && sample.peak_rss_bytes >= sample.rss_before_bytes);
    }

    #[test]
    fn a_phase_that_differs_ends_the_run() {
        let runs = Cell::new(0);
        let (ended, records) = records(3, |_| {
            runs.set(runs.get() + 1);
            Outcome {
                completed: 3,
                answer: runs.get(),
            }
        });
        assert!(ended.unwrap_err().to_string().contains("phase 1"));
        assert!(matches!(records[..], [Record::Sample(_)]), "{records:?}");
    }
}
