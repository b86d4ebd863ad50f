//! Starts the subject the way flowbench does: results on descriptor 3.

use std::process::{Command, Output};

use crate::Asked;

/// Runs a subject under a shell that sets up its descriptors with `redirections`. Standard output of the shell comes back.
pub fn start(subject: &str, words: &[String], redirections: &str, environment: &[(&str, &str)]) -> Output {
    Command::new("sh")
        .args(["-c", &format!(r#"exec "$0" "$@" {redirections}"#), subject])
        .args(words)
        .env_remove("FLOWBENCH_FD")
        .envs(environment.iter().copied())
        .output()
        .expect("sh starts")
}

/// The words of a call.
pub fn words(asked: &Asked) -> Vec<String> {
    let Asked {
        workload,
        tasks,
        workers,
        phases,
        seed,
    } = asked;
    let line =
        format!("--workload {workload} --tasks {tasks} --workers {workers} --phases {phases} --seed {seed}");
    line.split(' ').map(str::to_owned).collect()
}
