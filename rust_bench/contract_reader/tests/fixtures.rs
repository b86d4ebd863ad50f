//! The fixtures are taken or refused as their index says, and good records survive decoding and encoding.

use std::collections::HashSet;
use std::mem;

use contract_reader::{Fixture, fixtures, parse_line, read_describe, read_stream};
use serde_json::{Map, Value};

fn assert_as_the_index_says<T>(fixture: &Fixture, read: Result<T, String>) {
    let Fixture { file, valid, why, .. } = fixture;
    assert_eq!(
        read.is_ok(),
        *valid,
        "{file} ({why}): the reader says {:?}",
        read.err()
    );
}

#[test]
fn streams_are_taken_or_refused_as_the_index_says() {
    for fixture in fixtures("stream") {
        assert_as_the_index_says(&fixture, read_stream(&fixture.text, &fixture.call));
    }
}

#[test]
fn describes_are_taken_or_refused_as_the_index_says() {
    for fixture in fixtures("describe") {
        assert_as_the_index_says(&fixture, read_describe(&fixture.text));
    }
}

#[test]
fn missing_samples_are_refused() {
    for mut fixture in fixtures("stream")
        .into_iter()
        .filter(|f| f.valid && f.call.phases > 0)
    {
        if fixture.text.windows(6).any(|text| text == b"\"done\"") {
            fixture.call.phases += 1;
            assert!(
                read_stream(&fixture.text, &fixture.call).is_err(),
                "{}",
                fixture.file
            );
        }
    }
}

#[test]
fn a_line_over_one_mebibyte_is_refused() {
    let head = r#"{"v":1,"kind":"unsupported","reason":""#;
    let line = |length: usize| format!("{head}{}\"}}", "x".repeat(length - head.len() - 2)).into_bytes();
    assert!(parse_line(&line(1 << 20)).is_ok());
    assert!(parse_line(&line((1 << 20) + 1)).is_err());
}

#[test]
fn good_records_survive_decoding_and_encoding() {
    let mut kinds = HashSet::new();
    for fixture in fixtures("stream")
        .into_iter()
        .chain(fixtures("describe"))
        .filter(|fixture| fixture.valid)
    {
        for line in fixture
            .text
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let record = parse_line(line)
                .unwrap_or_else(|fault| panic!("{}: {fault}", fixture.file))
                .record;
            kinds.insert(mem::discriminant(&record));
            let mut written = Vec::new();
            record.clone().write(&mut written).unwrap();
            assert_eq!(
                parse_line(written.trim_ascii_end()).unwrap().record,
                record,
                "{}",
                fixture.file
            );
            let before: Map<String, Value> = serde_json::from_slice(line).unwrap();
            let after: Map<String, Value> = serde_json::from_slice(&written).unwrap();
            for (key, value) in &before {
                let unknown = ["pid", "host", "note", "exact", "extra"].contains(&key.as_str());
                assert_eq!(
                    after.get(key),
                    (!unknown).then_some(value),
                    "{}: {key}",
                    fixture.file
                );
            }
            assert!(
                after.keys().all(|key| before.contains_key(key)),
                "{}",
                fixture.file
            );
        }
    }
    assert_eq!(kinds.len(), 6, "some kind of record is in no good fixture");
}
