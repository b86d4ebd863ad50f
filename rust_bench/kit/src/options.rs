//! The command line of a subject.

use std::fmt::Display;
use std::str::FromStr;

/// What the subject was asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Options {
    Describe,
    Run(Call),
}

/// One call for one workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub workload: String,
    pub tasks: usize,
    pub workers: usize,
    pub phases: u32,
    pub seed: u64,
}

const NAMES: [&str; 5] = ["--workload", "--tasks", "--workers", "--phases", "--seed"];
const USAGE: &str = "usage: --workload ID --tasks N --workers K --phases P --seed S, or --describe";

impl Options {
    /// Reads the words after the program's name. The error is one line that names the word at fault.
    pub fn parse(words: &[String]) -> Result<Self, String> {
        if words == ["--describe"] {
            return Ok(Self::Describe);
        }
        let mut values: [Option<&str>; NAMES.len()] = [None; NAMES.len()];
        for pair in words.chunks(2) {
            let name = &pair[0];
            let Some(k) = NAMES.iter().position(|known| known == name) else {
                return Err(format!("unknown option {name:?}; {USAGE}"));
            };
            let Some(value) = pair.get(1) else {
                return Err(format!("{name} needs a value; {USAGE}"));
            };
            if values[k].replace(value).is_some() {
                return Err(format!("{name} comes twice"));
            }
        }
        let [
            Some(workload),
            Some(tasks),
            Some(workers),
            Some(phases),
            Some(seed),
        ] = values
        else {
            let missing: Vec<_> = NAMES
                .iter()
                .zip(values)
                .filter(|(_, v)| v.is_none())
                .map(|(n, _)| *n)
                .collect();
            return Err(format!("missing {}; {USAGE}", missing.join(" ")));
        };
        Ok(Self::Run(Call {
            workload: workload.to_owned(),
            tasks: number("--tasks", tasks, 1, 1_000_000_000)?,
            workers: number("--workers", workers, 1, 65_535)?,
            phases: number("--phases", phases, 0, 1_000_000_000)?,
            seed: number("--seed", seed, 0, u64::MAX)?,
        }))
    }
}

fn number<T: FromStr + PartialOrd + Display>(
    name: &str,
    value: &str,
    least: T,
    most: T,
) -> Result<T, String> {
    // FromStr alone would take a plus sign.
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse::<T>() {
        Ok(n) if digits && least <= n && n <= most => Ok(n),
        _ => Err(format!(
            "{name} {value:?}: must be a whole number from {least} to {most}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "--workload yield --tasks 1000 --workers 2 --phases 3 --seed 18446744073709551615";

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_come_in_any_order() {
        let call = Call {
            workload: "yield".to_owned(),
            tasks: 1000,
            workers: 2,
            phases: 3,
            seed: u64::MAX,
        };
        assert_eq!(parse(GOOD), Ok(Options::Run(call.clone())));
        let turned = "--seed 18446744073709551615 --phases 3 --workers 2 --tasks 1000 --workload yield";
        assert_eq!(parse(turned), Ok(Options::Run(call)));
        assert_eq!(parse("--describe"), Ok(Options::Describe));
    }

    #[test]
    fn usage_errors_name_the_word_at_fault() {
        for (line, fault) in [
            ("", "missing --workload --tasks --workers --phases --seed;"),
            ("--workload yield --tasks 5", "missing --workers --phases --seed;"),
            (&format!("--tasks 5 {GOOD}"), "--tasks comes twice"),
            (&format!("--describe {GOOD}"), r#"unknown option "--describe""#),
            (&format!("--taks 5 {GOOD}"), r#"unknown option "--taks""#),
            (&format!("--tasks=5 {GOOD}"), r#"unknown option "--tasks=5""#),
            ("--workload", "--workload needs a value"),
            (
                &GOOD.replace("1000", "0"),
                r#"--tasks "0": must be a whole number from 1 to 1000000000"#,
            ),
            (&GOOD.replace("1000", "1000000001"), "--tasks"),
            (&GOOD.replace("1000", "1k"), r#"--tasks "1k""#),
            (&GOOD.replace("1000", "+5"), r#"--tasks "+5""#),
            (&GOOD.replace("1000", "-1"), "--tasks"),
            (&GOOD.replace("--workers 2", "--workers 0"), "--workers"),
            (&GOOD.replace("--phases 3", "--phases 1.5"), "--phases"),
            (&GOOD.replace("18446744073709551615", "0x1f"), "--seed"),
            (
                &GOOD.replace("18446744073709551615", "18446744073709551616"),
                "--seed",
            ),
        ] {
            let error = parse(line).expect_err(line);
            assert!(error.contains(fault) && !error.contains('\n'), "{line}: {error}");
        }
    }
}
