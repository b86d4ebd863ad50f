//! The order of the records of a call.

use kit::record::{Describe, Hello, Line, Record};

use crate::fixtures::Asked;
use crate::form::parse_line;

/// Reads the whole output of a call: hello, the samples in order with any histograms, done; or hello, unsupported.
pub fn read_stream(output: &[u8], asked: &Asked) -> Result<Vec<Record>, String> {
    let records = read_lines(output)?;
    let (mut samples, mut ended) = (0, false);
    for (n, record) in records.iter().enumerate() {
        let fault = match record {
            _ if ended => Some("a record after the last one".to_owned()),
            Record::Hello(hello) if n == 0 => repeats(hello, asked),
            _ if n == 0 => Some("the first record is not hello".to_owned()),
            Record::Sample(sample) => {
                samples += 1;
                (sample.i + 1 != samples)
                    .then(|| format!("sample {} where {} belongs", sample.i, samples - 1))
            }
            Record::Histogram(histogram) => buckets_fault(&histogram.of, &histogram.buckets),
            Record::Done(_) if samples != asked.phases => Some(format!("done after {samples} samples")),
            Record::Done(done) => {
                ended = true;
                done.throttle_reason.as_deref().and_then(line_fault)
            }
            Record::Unsupported(unsupported) if samples == 0 => {
                ended = true;
                line_fault(&unsupported.reason).or_else(|| unsupported.limit.as_deref().and_then(line_fault))
            }
            Record::Hello(_) | Record::Unsupported(_) | Record::Describe(_) => {
                Some("out of place".to_owned())
            }
        };
        if let Some(fault) = fault {
            return Err(format!("line {}: {fault}", n + 1));
        }
    }
    if ended {
        Ok(records)
    } else {
        Err("ends without done or unsupported".to_owned())
    }
}

/// Reads the whole output of a `--describe` call.
pub fn read_describe(output: &[u8]) -> Result<Describe, String> {
    let records: [Record; 1] = read_lines(output)?
        .try_into()
        .map_err(|all: Vec<Record>| format!("{} records, not 1", all.len()))?;
    let [Record::Describe(describe)] = records else {
        return Err("not describe".to_owned());
    };
    let ids = describe
        .workloads
        .iter()
        .chain(describe.unsupported.keys())
        .chain(&describe.options);
    let lines = describe.unsupported.values().chain(describe.unlike.values());
    let faults = ids
        .filter_map(|id| id_fault(id))
        .chain(lines.filter_map(|line| line_fault(line)))
        .chain(unlike_fault(&describe));
    match id_fault(&describe.subject).into_iter().chain(faults).next() {
        None => Ok(describe),
        Some(fault) => Err(fault),
    }
}

/// A workload that is named in `unlike` must be one that the subject supports.
fn unlike_fault(describe: &Describe) -> Option<String> {
    let supported = |id| describe.workloads.contains(id) && !describe.unsupported.contains_key(id);
    let id = describe.unlike.keys().find(|id| !supported(id))?;
    Some(format!("unlike names {id}, which is not supported"))
}

fn read_lines(output: &[u8]) -> Result<Vec<Record>, String> {
    let lines = output.split_inclusive(|&byte| byte == b'\n');
    let records = lines.enumerate().map(|(n, line)| {
        let line = line.strip_suffix(b"\n").ok_or("no newline at its end".to_owned());
        line.and_then(parse_line)
            .map(|Line { record, .. }| record)
            .map_err(|fault| format!("line {}: {fault}", n + 1))
    });
    records.collect()
}

fn repeats(hello: &Hello, asked: &Asked) -> Option<String> {
    let same = (&hello.workload, hello.tasks, hello.workers) == (&asked.workload, asked.tasks, asked.workers);
    (!same)
        .then(|| format!("hello is of another call than {asked:?}"))
        .or_else(|| id_fault(&hello.subject))
}

fn buckets_fault(of: &str, buckets: &[[u64; 2]]) -> Option<String> {
    if !buckets.is_sorted_by(|a, b| a[0] < b[0]) {
        return Some("histogram bounds do not rise".to_owned());
    }
    let empty = buckets.iter().any(|bucket| bucket[1] == 0);
    empty
        .then(|| "a bucket has count 0".to_owned())
        .or_else(|| line_fault(of))
}

fn line_fault(text: &str) -> Option<String> {
    (text.is_empty() || text.contains(['\n', '\r'])).then(|| format!("{text:?} is not one line"))
}

fn id_fault(id: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let good = id.len() <= 64 && id.starts_with(plain) && id.chars().all(|c| plain(c) || "._-".contains(c));
    (!good).then(|| format!("{id:?} is not an id"))
}
