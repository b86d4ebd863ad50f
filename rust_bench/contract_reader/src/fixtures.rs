//! The fixtures of harness/contract/, which the tests of every language read.

use std::fs;
use std::path::Path;

use serde::Deserialize;

/// What the subject of a stream was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Asked {
    pub workload: String,
    pub tasks: usize,
    pub workers: usize,
    pub phases: u32,
    pub seed: String,
}

/// One row of index.json with the text of its file.
#[derive(Debug, Deserialize)]
pub struct Fixture {
    pub file: String,
    pub what: String,
    pub valid: bool,
    pub why: String,
    #[serde(default)]
    pub call: Asked,
    #[serde(skip)]
    pub text: Vec<u8>,
}

#[derive(Deserialize)]
struct Index {
    v: u64,
    fixtures: Vec<Fixture>,
}

/// All fixtures of a kind. Panics when they cannot be read: a test without its fixtures must not pass.
pub fn fixtures(what: &str) -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../harness/contract/fixtures");
    let index = fs::read(folder.join("index.json")).expect("index.json can be read");
    let index: Index =
        serde_json::from_slice(&index).expect("index.json has the form that contract.md describes");
    assert_eq!(index.v, 1);
    let mut chosen: Vec<_> = index
        .fixtures
        .into_iter()
        .filter(|fixture| fixture.what == what)
        .collect();
    for fixture in &mut chosen {
        fixture.text = fs::read(folder.join(&fixture.file)).expect("a fixture of the index can be read");
    }
    assert!(!chosen.is_empty(), "no fixture of a {what}");
    chosen
}
