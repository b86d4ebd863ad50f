//! One task that sends and one that receives, over a channel of capacity 128.

use kit::{Case, Outcome, mix};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::root;

const CAPACITY: usize = 128;

pub fn run(runtime: &Runtime, case: Case) -> Outcome {
    root::run(runtime, async move {
        let (sender, receiver) = channel(CAPACITY);
        let producer = tokio::spawn(produce(case, sender));
        let consumer = tokio::spawn(consume(case.seed, receiver));
        root::join(producer).await;
        root::join(consumer).await
    })
}

async fn produce(case: Case, sender: Sender<u64>) {
    for i in 0..case.tasks {
        sender
            .send(mix(case.input(i)))
            .await
            .expect("the consumer receives until the channel is closed");
    }
}

/// Takes whatever has arrived at once, and gives its places back at once: half the locking of taking one by one.
async fn consume(seed: u64, mut receiver: Receiver<u64>) -> Outcome {
    let mut received = Outcome {
        completed: 0,
        answer: seed,
    };
    let mut arrived = Vec::with_capacity(CAPACITY);
    while receiver.recv_many(&mut arrived, CAPACITY).await > 0 {
        for message in arrived.drain(..) {
            received.answer = mix(received.answer ^ message);
            received.completed += 1;
        }
    }
    received
}
