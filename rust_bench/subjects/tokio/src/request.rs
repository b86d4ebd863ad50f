//! Tasks that compute, wait as if for a peer, compute again and answer with a string.

use std::fmt::Write;
use std::time::Duration;

use kit::{Case, FNV_OFFSET, Outcome, fnv, rounds};
use tokio::runtime::Runtime;
use tokio::time::sleep;

use crate::root;

pub fn run(runtime: &Runtime, case: Case) -> Outcome {
    root::run(runtime, async move {
        let tasks: Vec<_> = (0..case.tasks)
            .map(|i| tokio::spawn(task(case.input(i))))
            .collect();
        let mut joined = Outcome {
            completed: 0,
            answer: FNV_OFFSET,
        };
        for task in tasks {
            joined.answer = fnv(joined.answer, root::join(task).await.as_bytes());
            joined.completed += 1;
        }
        joined
    })
}

async fn task(x: u64) -> String {
    let a = rounds(x);
    sleep(Duration::from_millis(5)).await;
    name(rounds(a))
}

/// "req-" and 16 hexadecimal digits, in one allocation.
fn name(b: u64) -> String {
    let mut text = String::with_capacity(20);
    write!(text, "req-{b:016x}").expect("writing to a String cannot fail");
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_name_keeps_leading_zeros() {
        let name = super::name(0xab);
        assert_eq!((name.as_str(), name.capacity()), ("req-00000000000000ab", 20));
    }
}
