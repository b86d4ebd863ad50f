//! The subject keeps the contract's other duties: where results go, what it says of itself, and how it refuses.

use std::fs;

use contract_reader::{Asked, read_describe, read_stream, start, words};
use kit::record::Record;

const SUBJECT: &str = env!("CARGO_BIN_EXE_tokio-subject");

fn asked() -> Asked {
    Asked {
        workload: "channel".to_owned(),
        tasks: 5,
        workers: 1,
        phases: 1,
        seed: "3".to_owned(),
    }
}

#[test]
fn results_go_where_the_environment_says() {
    for (redirections, environment) in [
        ("3>&1 1>&2", &[][..]),
        ("3>&1 1>&2", &[("FLOWBENCH_FD", "3")]),
        ("7>&1 1>&2", &[("FLOWBENCH_FD", "7")]),
        ("3>&1 1>&2 9>&-", &[("FLOWBENCH_FD", "9")]),
        ("3>&-", &[]),
        ("3</dev/null", &[]),
    ] {
        let ended = start(SUBJECT, &words(&asked()), redirections, environment);
        assert!(
            ended.status.success() && ended.stderr.is_empty(),
            "{redirections}: {ended:?}"
        );
        if let Err(fault) = read_stream(&ended.stdout, &asked()) {
            panic!("{redirections} {environment:?}: {fault}");
        }
    }
}

#[test]
fn hello_says_what_was_built() {
    let ended = start(SUBJECT, &words(&asked()), "3>&1", &[]);
    let records = read_stream(&ended.stdout, &asked()).unwrap();
    let Record::Hello(hello) = &records[0] else {
        panic!("{records:?}")
    };
    assert_eq!(hello.subject, "tokio");
    assert!(
        hello.version.starts_with("tokio 1.") && hello.version.contains(", rustc 1."),
        "{}",
        hello.version
    );
    assert!(
        hello.build.compiler.starts_with("rustc 1."),
        "{}",
        hello.build.compiler
    );
    assert!(!hello.build.flags.is_empty());
}

#[test]
fn describe_names_the_workloads_of_the_catalog() {
    let ended = start(SUBJECT, &["--describe".to_owned()], "3>&1 1>&2", &[]);
    let described = read_describe(&ended.stdout).unwrap();
    let catalog = fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../harness/contract/catalog.json"
    ))
    .unwrap();
    let catalog: serde_json::Value = serde_json::from_slice(&catalog).unwrap();
    let workloads = catalog["workloads"].as_array().unwrap();
    assert_eq!(
        described.workloads,
        workloads
            .iter()
            .map(|w| w["id"].as_str().unwrap())
            .collect::<Vec<_>>()
    );
    assert!(described.unsupported.is_empty());
}

#[test]
fn usage_errors_are_one_line_and_exit_2() {
    let good = words(&asked());
    let with = |k: usize, word: &str| {
        let mut words = good.clone();
        words[k] = word.to_owned();
        words
    };
    for (words, fd, fault) in [
        (vec![], "3", "missing --workload"),
        (
            with(1, "chanel"),
            "3",
            r#"unknown workload "chanel"; one of: spawn_join"#,
        ),
        (with(3, "ten"), "3", r#"--tasks "ten""#),
        (good.clone(), "three", r#"FLOWBENCH_FD="three""#),
        (good.clone(), "-1", r#"FLOWBENCH_FD="-1""#),
    ] {
        let ended = start(SUBJECT, &words, "3>&1", &[("FLOWBENCH_FD", fd)]);
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{words:?}: {said}");
        assert!(
            ended.stdout.is_empty() && said.lines().count() == 1 && said.contains(fault),
            "{words:?}: {said}"
        );
    }
}

#[test]
fn a_result_file_that_is_full_is_an_error() {
    let ended = start(SUBJECT, &words(&asked()), "3>/dev/full", &[]);
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        said.contains("No space left") && said.lines().count() == 1,
        "{said}"
    );
}
