//! The subject "tokio": with the allocator that a Rust program has when it names none.

use std::process::ExitCode;

fn main() -> ExitCode {
    tokio_subject::main("tokio", env!("SUBJECT_VERSION"))
}
