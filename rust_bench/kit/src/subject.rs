//! The program of a subject.

use std::collections::BTreeMap;
use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::options::{Call, Options};
use crate::output::result_file;
use crate::phases::{self, Case, Outcome};
use crate::record::{Build, Describe, Hello, Record};

/// A program that speaks the contract, on a runtime `R`.
pub struct Subject<R: 'static> {
    pub id: &'static str,
    pub version: &'static str,
    pub compiler: &'static str,
    pub flags: &'static str,
    /// Starts the runtime with a number of workers.
    pub start: fn(usize) -> io::Result<R>,
    pub workloads: &'static [Named<R>],
}

/// A workload under its id of the catalog.
pub struct Named<R> {
    pub id: &'static str,
    pub run: fn(&R, Case) -> Outcome,
}

impl<R> Subject<R> {
    /// The whole program: exit code 2 for what the caller got wrong, 1 for what went wrong, each with one line.
    pub fn main(&self) -> ExitCode {
        let variable = env::var("FLOWBENCH_FD").ok();
        let words: Vec<String> = env::args_os()
            .skip(1)
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        let asked =
            result_file(variable.as_deref()).and_then(|out| Ok((out, self.check(Options::parse(&words)?)?)));
        let (mut out, options) = match asked {
            Ok(asked) => asked,
            Err(fault) => return self.fail(2, &fault),
        };
        let ended = match options {
            Options::Describe => self.describe(&mut out),
            Options::Run(call) => self.run(&call, &mut out),
        };
        match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => self.fail(1, &error.to_string()),
        }
    }

    fn fail(&self, code: u8, fault: &str) -> ExitCode {
        eprintln!("{}: {fault}", self.id);
        ExitCode::from(code)
    }

    fn check(&self, options: Options) -> Result<Options, String> {
        match &options {
            Options::Run(call) if self.find(&call.workload).is_none() => Err(format!(
                "unknown workload {:?}; one of: {}",
                call.workload,
                self.ids().join(" ")
            )),
            _ => Ok(options),
        }
    }

    fn describe(&self, out: &mut impl Write) -> io::Result<()> {
        Record::Describe(Describe {
            subject: self.id.to_owned(),
            version: self.version.to_owned(),
            build: self.build(),
            workloads: self.ids().into_iter().map(str::to_owned).collect(),
            unsupported: BTreeMap::new(),
            unlike: BTreeMap::new(),
            options: Vec::new(),
        })
        .write(out)
    }

    fn run(&self, call: &Call, out: &mut impl Write) -> io::Result<()> {
        let Some(workload) = self.find(&call.workload) else {
            return Err(io::Error::other("the workload was not checked"));
        };
        Record::Hello(Hello {
            subject: self.id.to_owned(),
            version: self.version.to_owned(),
            workload: call.workload.clone(),
            tasks: call.tasks,
            workers: call.workers,
            build: self.build(),
        })
        .write(out)?;
        let runtime = (self.start)(call.workers)?;
        phases::run(call, |case| (workload.run)(&runtime, case), out)
    }

    fn find(&self, id: &str) -> Option<&Named<R>> {
        self.workloads.iter().find(|workload| workload.id == id)
    }

    fn ids(&self) -> Vec<&'static str> {
        self.workloads.iter().map(|workload| workload.id).collect()
    }

    fn build(&self) -> Build {
        Build {
            compiler: self.compiler.to_owned(),
            flags: self.flags.to_owned(),
        }
    }
}
