//! What this subject has of its own: its name, and the allocator that serves it. All else is the crate tokio-subject, which
//! has tests of its own.

use contract_reader::{Asked, read_stream, start, words};
use kit::record::Record;

const SUBJECT: &str = env!("CARGO_BIN_EXE_tokio-mimalloc-subject");

fn asked() -> Asked {
    Asked {
        workload: "spawn_join".to_owned(),
        tasks: 1_000,
        workers: 2,
        phases: 1,
        seed: "3".to_owned(),
    }
}

#[test]
fn hello_names_the_subject_and_both_crates() {
    let ended = start(SUBJECT, &words(&asked()), "3>&1 1>&2", &[]);
    let records = read_stream(&ended.stdout, &asked()).unwrap();
    let Record::Hello(hello) = &records[0] else {
        panic!("{records:?}")
    };
    assert_eq!(hello.subject, "tokio_mimalloc");
    assert!(
        hello.version.starts_with("tokio 1.") && hello.version.contains(", mimalloc 0."),
        "{}",
        hello.version
    );
}

#[test]
fn memory_comes_from_mimalloc() {
    let ended = start(SUBJECT, &words(&asked()), "3>&1", &[("MIMALLOC_SHOW_STATS", "1")]);
    let statistics = String::from_utf8(ended.stderr).unwrap();
    let pages = statistics
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("pages     :"))
        .unwrap_or_else(|| panic!("mimalloc says nothing of its pages: {statistics}"));
    let peak: u64 = pages.split_whitespace().next().unwrap().parse().unwrap();
    // A thousand tasks of a few hundred bytes each do not fit on one.
    assert!(peak > 1, "{statistics}");
}
