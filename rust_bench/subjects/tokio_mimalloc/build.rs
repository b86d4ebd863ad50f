//! See subject_build.

fn main() {
    subject_build::report(&["tokio", "mimalloc"]);
}
