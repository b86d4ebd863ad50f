//! Tasks that add to one variable behind one asynchronous mutex.

use std::sync::Arc;

use kit::{Case, Outcome, mix};
use tokio::runtime::Runtime;
use tokio::sync::Mutex;

use crate::root;

pub fn run(runtime: &Runtime, case: Case) -> Outcome {
    root::run(runtime, async move {
        let total = Arc::new(Mutex::new(0));
        let tasks: Vec<_> = (0..case.tasks)
            .map(|i| tokio::spawn(add(case.input(i), Arc::clone(&total))))
            .collect();
        let mut completed = 0;
        for task in tasks {
            root::join(task).await;
            completed += 1;
        }
        let answer = *total.lock().await;
        Outcome { completed, answer }
    })
}

async fn add(x: u64, total: Arc<Mutex<u64>>) {
    let value = mix(x);
    let mut total = total.lock().await;
    *total = total.wrapping_add(value);
}
