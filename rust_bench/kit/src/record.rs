//! The records of the contract, one JSON object a line.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Deserialize, Deserializer, Serialize};

/// One line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    v: u64,
    #[serde(flatten)]
    pub record: Record,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    Hello(Hello),
    Sample(Sample),
    Histogram(Histogram),
    Done(Done),
    Unsupported(Unsupported),
    Describe(Describe),
}

/// How the subject was compiled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Build {
    pub compiler: String,
    pub flags: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    pub subject: String,
    pub version: String,
    pub workload: String,
    pub tasks: usize,
    pub workers: usize,
    pub build: Build,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub i: u32,
    pub wall_ns: u64,
    pub cpu_ns: u64,
    pub rss_before_bytes: u64,
    pub peak_rss_bytes: u64,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub max_in_flight: Option<u64>,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub early_wakes: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    pub of: String,
    /// `[upper bound, count]`, bounds rising.
    pub buckets: Vec<[u64; 2]>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Done {
    pub completed: u64,
    #[serde(with = "decimal")]
    pub answer: u64,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub throttled: Option<u64>,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub throttle_reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unsupported {
    pub reason: String,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub limit: Option<String>,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub largest: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Describe {
    pub subject: String,
    pub version: String,
    pub build: Build,
    pub workloads: Vec<String>,
    pub unsupported: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unlike: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

impl Record {
    /// Writes the record as one line in one call, so that a crash tears no line in two.
    pub fn write(self, out: &mut impl Write) -> io::Result<()> {
        let mut line = serde_json::to_vec(&Line { v: 1, record: self })?;
        line.push(b'\n');
        out.write_all(&line)
    }
}

impl Line {
    /// Reads a line of version 1.
    pub fn parse(line: &[u8]) -> Result<Self, String> {
        let line: Self = serde_json::from_slice(line).map_err(|error| error.to_string())?;
        if line.v == 1 {
            Ok(line)
        } else {
            Err(format!("v is {}, not 1", line.v))
        }
    }
}

/// An optional key may be missing, but not null.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

/// A 64-bit number as a decimal string: many JSON readers keep 53 bits only.
mod decimal {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    #[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
    pub fn serialize<S: Serializer>(n: &u64, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(n)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(value: D) -> Result<u64, D::Error> {
        let text = String::deserialize(value)?;
        match text.parse::<u64>() {
            Ok(n) if n.to_string() == text => Ok(n),
            _ => Err(D::Error::custom(format!(
                "{text:?} is not an unsigned 64-bit decimal"
            ))),
        }
    }
}
