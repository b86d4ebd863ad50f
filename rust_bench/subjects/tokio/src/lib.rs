//! Every workload of the catalog on tokio's multi-thread runtime.

mod await_chain;
mod channel;
mod compute;
mod fan_out;
mod mutex;
mod pool_priority;
mod request;
mod root;
mod sleep;
mod spawn_join;
mod when_all;
mod yielding;

use std::io;
use std::process::ExitCode;

use kit::{Named, Subject};
use tokio::runtime::{Builder, Runtime};

/// The workloads in the order of the catalog.
static WORKLOADS: [Named<Runtime>; 11] = [
    Named {
        id: "spawn_join",
        run: spawn_join::run,
    },
    Named {
        id: "fan_out",
        run: fan_out::run,
    },
    Named {
        id: "compute",
        run: compute::run,
    },
    Named {
        id: "yield",
        run: yielding::run,
    },
    Named {
        id: "sleep",
        run: sleep::run,
    },
    Named {
        id: "request",
        run: request::run,
    },
    Named {
        id: "channel",
        run: channel::run,
    },
    Named {
        id: "mutex",
        run: mutex::run,
    },
    Named {
        id: "await_chain",
        run: await_chain::run,
    },
    Named {
        id: "when_all",
        run: when_all::run,
    },
    Named {
        id: "pool_priority",
        run: pool_priority::run,
    },
];

/// The whole program of the subject `id`. Its crates may differ in what is around the runtime, such as the allocator.
pub fn main(id: &'static str, version: &'static str) -> ExitCode {
    let subject = Subject {
        id,
        version,
        compiler: env!("SUBJECT_COMPILER"),
        flags: env!("SUBJECT_FLAGS"),
        start,
        workloads: &WORKLOADS,
    };
    subject.main()
}

/// The timer, but no I/O driver: without one, idle workers wait on a condition variable, not in epoll.
fn start(workers: usize) -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_time()
        .build()
}
