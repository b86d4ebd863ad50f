//! The subject "tokio_mimalloc": the program of the subject "tokio", with mimalloc as its allocator.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    tokio_subject::main("tokio_mimalloc", env!("SUBJECT_VERSION"))
}
