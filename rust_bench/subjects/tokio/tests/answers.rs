//! Every answer is that of a plain loop, with arithmetic written a second time from the contract.

use contract_reader::{Asked, read_stream, start, words};
use kit::record::Record;

const SUBJECT: &str = env!("CARGO_BIN_EXE_tokio-subject");

fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d049bb133111eb);
    x ^ (x >> 31)
}

fn rounds(mut x: u64) -> u64 {
    for _ in 0..300 {
        x = mix(x);
    }
    x
}

fn plain_answer(workload: &str, tasks: usize, seed: u64) -> u64 {
    let (mut sum, mut chain, mut hash) = (0_u64, seed, 0xcbf29ce484222325_u64);
    for i in 0..tasks {
        let x = seed.wrapping_add(i as u64);
        match workload {
            "compute" | "pool_priority" => sum = sum.wrapping_add(rounds(x)),
            "channel" => chain = mix(chain ^ mix(x)),
            "request" => {
                for byte in format!("req-{:016x}", rounds(rounds(x))).bytes() {
                    hash = (hash ^ u64::from(byte)).wrapping_mul(0x100000001b3);
                }
            }
            _ => sum = sum.wrapping_add(mix(x)),
        }
    }
    match workload {
        "channel" => chain,
        "request" => hash,
        _ => sum,
    }
}

fn assert_answer(workload: &str, tasks: usize, workers: usize, phases: u32, seed: u64) -> Vec<Record> {
    let asked = Asked {
        workload: workload.to_owned(),
        tasks,
        workers,
        phases,
        seed: seed.to_string(),
    };
    let ended = start(SUBJECT, &words(&asked), "3>&1 1>&2", &[]);
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(
        ended.status.success() && said.is_empty(),
        "{asked:?}: {}, {said}",
        ended.status
    );
    let records = read_stream(&ended.stdout, &asked).unwrap_or_else(|fault| panic!("{asked:?}: {fault}"));
    let Some(Record::Done(done)) = records.last() else {
        panic!("{asked:?}: {records:?}")
    };
    assert_eq!(done.completed, tasks as u64, "{asked:?}");
    assert_eq!(done.answer, plain_answer(workload, tasks, seed), "{asked:?}");
    records
}

#[test]
fn every_workload_gives_the_answer_of_a_plain_loop() {
    let workloads = [
        "spawn_join",
        "fan_out",
        "compute",
        "yield",
        "request",
        "channel",
        "mutex",
        "await_chain",
        "when_all",
        "pool_priority",
    ];
    for workload in workloads {
        for tasks in [1, 2, 9, 10, 11, 128, 129, 999, 1_000, 1_001, 2_345] {
            for seed in [0, 7, u64::MAX - 2] {
                assert_answer(workload, tasks, 2, 0, seed);
            }
        }
        for workers in [1, 3] {
            assert_answer(workload, 1_234, workers, 3, 7);
        }
    }
}

#[test]
fn a_pool_keeps_its_limit_and_counts_the_wait_of_every_task() {
    const TASKS: usize = 1_230;
    let records = assert_answer("pool_priority", TASKS, 2, 2, 7);
    let [
        _,
        Record::Sample(first),
        Record::Sample(second),
        Record::Histogram(high),
        Record::Histogram(normal),
        Record::Histogram(low),
        _,
    ] = &records[..]
    else {
        panic!("{records:?}");
    };
    for sample in [first, second] {
        let most = sample.max_in_flight.expect("it is reported");
        assert!((1..=64).contains(&most), "{most} tasks were in flight");
    }
    for (histogram, name, tenths) in [
        (high, "queueing_high_ns", 1),
        (normal, "queueing_normal_ns", 6),
        (low, "queueing_low_ns", 3),
    ] {
        assert_eq!(histogram.of, name);
        let counted = histogram.buckets.iter().map(|bucket| bucket[1]).sum::<u64>();
        assert_eq!(counted, 2 * tenths * TASKS as u64 / 10, "{name}");
    }
}

#[test]
fn all_tasks_sleep_at_once_and_none_wakes_early() {
    for tasks in [1, 999, 1_000, 1_001] {
        let records = assert_answer("sleep", tasks, 2, 2, 7);
        let [
            _,
            Record::Sample(first),
            Record::Sample(second),
            Record::Histogram(histogram),
            _,
        ] = &records[..]
        else {
            panic!("{records:?}");
        };
        let least = if tasks <= 1_000 { 10_000_000 } else { 100_000_000 };
        for sample in [first, second] {
            assert_eq!(
                (sample.max_in_flight, sample.early_wakes),
                (Some(tasks as u64), Some(0))
            );
            assert!(
                sample.wall_ns >= least,
                "{tasks} tasks took {} ns",
                sample.wall_ns
            );
        }
        assert_eq!(histogram.of, "lateness_ns");
        assert_eq!(
            histogram.buckets.iter().map(|bucket| bucket[1]).sum::<u64>(),
            2 * tasks as u64
        );
    }
}
