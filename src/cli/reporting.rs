//! Where findings go, in which format, and which of them fail the run.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Format, Trouble};
use crate::diagnostic::Severity;

/// How findings are shown, and which fail the run.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Reporting {
    /// How findings are shown.
    #[arg(long, value_enum, default_value_t = FindingFormat::Text)]
    format: FindingFormat,
    /// Write the findings to a file too, in a format of its own, such as `sarif=gen.sarif`; several times for several files. `-` is
    /// stdout, in place of `--format`.
    #[arg(long, value_name = "FORMAT=FILE", value_parser = Output::parse)]
    output: Vec<Output>,
    /// The least severity that fails the run.
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    fail_on: FailOn,
}

/// The formats of findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum FindingFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// A JUnit report.
    Junit,
    /// Annotations of GitHub Actions; what a step has no room for goes to its summary.
    Github,
    /// A Code Quality report of GitLab.
    Gitlab,
    /// A comment on a pull request.
    Markdown,
}

/// A file that findings are written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) format: FindingFormat,
    /// The file; `-` is stdout.
    pub(super) file: PathBuf,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum FailOn {
    #[default]
    Error,
    Warning,
    Note,
}

impl Reporting {
    /// How a command that has formats of its own shows what keeps it from its answer.
    pub(super) fn of(format: Format) -> Reporting {
        let format = match format {
            Format::Text => FindingFormat::Text,
            Format::Json => FindingFormat::Json,
        };
        Reporting { format, ..Reporting::default() }
    }

    /// Refuses what cannot be: two texts in one place. Before any work is done.
    pub(super) fn check(&self) -> Result<(), Trouble> {
        let files = self.output.iter().map(|output| &output.file);
        let twice = files.clone().enumerate().find(|(at, file)| files.clone().take(*at).any(|other| other == *file));
        match twice {
            Some((_, file)) if file.as_os_str() == "-" => {
                Err(Trouble("--output: stdout (`-`) can take one format only".to_owned()))
            }
            Some((_, file)) => Err(Trouble(format!("--output: two formats want to be {}", file.display()))),
            None => Ok(()),
        }
    }

    /// What stdout gets.
    pub(super) fn stdout(&self) -> FindingFormat {
        self.output.iter().find(|output| output.file.as_os_str() == "-").map_or(self.format, |output| output.format)
    }

    /// What files get.
    pub(super) fn files(&self) -> impl Iterator<Item = &Output> {
        self.output.iter().filter(|output| output.file.as_os_str() != "-")
    }

    /// Whether people read stdout: a command may say there what it did.
    pub(super) fn is_for_people(&self) -> bool {
        self.stdout() == FindingFormat::Text
    }

    /// The least severity that fails the run.
    pub(super) fn fails(&self) -> Severity {
        match self.fail_on {
            FailOn::Error => Severity::Error,
            FailOn::Warning => Severity::Warning,
            FailOn::Note => Severity::Note,
        }
    }
}

impl Output {
    fn parse(text: &str) -> Result<Output, String> {
        let names = || {
            let formats = FindingFormat::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            formats.map(|format| format.get_name().to_owned()).collect::<Vec<_>>().join(", ")
        };
        let (format, file) = text.split_once('=').ok_or("write FORMAT=FILE, such as sarif=gen.sarif")?;
        let format = FindingFormat::from_str(format, false).map_err(|_| format!("the formats are {}", names()))?;
        match file {
            "" => Err("there is no file behind the `=`".to_owned()),
            file => Ok(Output { format, file: PathBuf::from(file) }),
        }
    }
}
