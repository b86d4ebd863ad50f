//! Hands the versions and flags that a subject reports to its compiler, from the files that decide them.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The whole build script of a subject that is made of these `crates`: sets `SUBJECT_VERSION`, `SUBJECT_COMPILER` and
/// `SUBJECT_FLAGS` for `env!`.
pub fn report(crates: &[&str]) {
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
    let versions = crates.iter().map(|name| {
        let version = locked_version(&lock, name).expect("Cargo.lock names the crate");
        format!("{name} {version}, ")
    });
    let versions: String = versions.collect();
    println!("cargo::rustc-env=SUBJECT_VERSION={versions}rustc {release}");
    println!("cargo::rustc-env=SUBJECT_COMPILER={}", rustc.trim());

    let manifest = fs::read_to_string(manifest).expect("Cargo.toml can be read");
    let profile = env::var("PROFILE").expect("cargo sets PROFILE");
    let mut flags = if profile == "release" {
        profile_settings(&manifest, "[profile.release]")
    } else {
        vec![profile]
    };
    let rustflags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    flags.extend(reported_flags(&rustflags));
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

/// The flags of `CARGO_ENCODED_RUSTFLAGS` but for those that rename folders: these differ between machines and change
/// nothing that runs.
fn reported_flags(encoded: &str) -> impl Iterator<Item = String> {
    encoded
        .split('\x1f')
        .filter(|flag| !flag.is_empty() && !flag.starts_with("--remap-path-prefix="))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_that_of_the_crate_with_the_whole_name() {
        let lock = "[[package]]\nname = \"tokio-util\"\nversion = \"0.7.1\"\n\n[[package]]\nname = \"tokio\"\nversion = \"1.2.3\"\n";
        assert_eq!(locked_version(lock, "tokio"), Some("1.2.3"));
        assert_eq!(locked_version(lock, "toki"), None);
    }

    #[test]
    fn folders_that_are_renamed_are_not_reported() {
        let encoded = "-C\x1ftarget-cpu=native\x1f--remap-path-prefix=/home/me=home";
        let reported: Vec<String> = reported_flags(encoded).collect();
        assert_eq!(reported, ["-C", "target-cpu=native"]);
        assert_eq!(reported_flags("").count(), 0);
    }

    #[test]
    fn profile_settings_are_those_of_the_section() {
        let manifest = "[a]\nx = 1\n\n[profile.release]\nlto = \"fat\"\npanic = \"abort\"\n\n[b]\ny = 2\n";
        assert_eq!(
            profile_settings(manifest, "[profile.release]"),
            ["lto=fat", "panic=abort"]
        );
    }
}
