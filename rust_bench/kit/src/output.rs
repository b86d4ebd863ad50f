//! Where records go.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, RawFd};

use rustix::fs::{OFlags, fcntl_getfl};

/// The descriptor that `name` (FLOWBENCH_FD) names, else 3, else stdout.
/// Call it before anything opens a file, lest that file be number 3.
pub fn result_file(name: Option<&str>) -> Result<File, String> {
    let named = match name {
        None | Some("") => None,
        Some(text) => match text.parse::<RawFd>() {
            Ok(fd) if fd >= 0 => Some(fd),
            _ => {
                return Err(format!(
                    "FLOWBENCH_FD={text:?} is not the number of a file descriptor"
                ));
            }
        },
    };
    let opened = named
        .into_iter()
        .chain([3])
        .find_map(writable)
        .map_or_else(stdout, Ok);
    opened.map_err(|error| format!("cannot open the result file: {error}"))
}

fn stdout() -> io::Result<File> {
    io::stdout().as_fd().try_clone_to_owned().map(File::from)
}

/// The file behind `fd` if it is open for writing: a descriptor that the parent leaked is mostly read-only.
fn writable(fd: RawFd) -> Option<File> {
    // SAFETY: fd is not -1, and nothing in this process closes it during the borrow, which ends with this function.
    #[allow(unsafe_code)]
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    let flags = fcntl_getfl(borrowed).ok()?;
    if flags & OFlags::ACCMODE == OFlags::RDONLY {
        return None;
    }
    borrowed.try_clone_to_owned().ok().map(File::from)
}
