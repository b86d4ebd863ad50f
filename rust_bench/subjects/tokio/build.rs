//! Hands the versions and flags that this subject reports to the compiler, from the files that decide them.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

fn main() {
    let workspace = Path::new("../..");
    let lock = workspace.join("Cargo.lock");
    let manifest = workspace.join("Cargo.toml");
    println!("cargo::rerun-if-changed={}", lock.display());
    println!("cargo::rerun-if-changed={}", manifest.display());
    println!("cargo::rerun-if-changed=build.rs");

    let rustc = Command::new(env::var_os("RUSTC").expect("cargo sets RUSTC"))
        .arg("--version")
        .output()
        .expect("rustc runs");
    let rustc = String::from_utf8(rustc.stdout).expect("rustc --version is text");
    let release = rustc
        .split_whitespace()
        .nth(1)
        .expect("rustc --version names a version");
    let lock = fs::read_to_string(lock).expect("Cargo.lock can be read");
    let tokio = locked_version(&lock, "tokio").expect("Cargo.lock names tokio");
    println!("cargo::rustc-env=SUBJECT_VERSION=tokio {tokio}, rustc {release}");
    println!("cargo::rustc-env=SUBJECT_COMPILER={}", rustc.trim());

    let manifest = fs::read_to_string(manifest).expect("Cargo.toml can be read");
    let profile = env::var("PROFILE").expect("cargo sets PROFILE");
    let mut flags = if profile == "release" {
        profile_settings(&manifest, "[profile.release]")
    } else {
        vec![profile]
    };
    let rustflags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    flags.extend(
        rustflags
            .split('\x1f')
            .filter(|flag| !flag.is_empty())
            .map(str::to_owned),
    );
    println!("cargo::rustc-env=SUBJECT_FLAGS={}", flags.join(" "));
}

/// The version of the package `name` in a lock file.
fn locked_version<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let name = format!("name = \"{name}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

/// The settings of a section of a manifest, as "key=value".
fn profile_settings(manifest: &str, section: &str) -> Vec<String> {
    let settings = manifest.lines().skip_while(|line| *line != section).skip(1);
    let settings = settings
        .take_while(|line| !line.starts_with('['))
        .filter(|line| line.contains('='));
    settings.map(|line| line.replace([' ', '"'], "")).collect()
}
