//! What a hunt prints.

use clap::ValueEnum;

use crate::cli::Format;
use crate::failure::UsageError;

/// How the result of a hunt is written to standard output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum HuntFormat {
    /// Aligned columns for people
    #[default]
    Table,
    /// Hits as comma-separated values with a header; formula cells are guarded
    Csv,
    /// One JSON document: verdicts, refused items, hits
    Json,
    /// Hits, one JSON object per line
    Jsonl,
    /// Hits as a timeline for Timesketch, as CSV
    Timesketch,
    /// Sightings as a STIX 2.1 bundle
    Stix,
    /// Hits as Parquet; into a file or a pipe only
    Parquet,
    /// The rows of pack queries, as pandas reads them with orient="split"; of several queries an object by name
    JsonSplit,
}

impl HuntFormat {
    /// The format of an explanation.
    pub(super) fn of_explanation(self) -> anyhow::Result<Format> {
        match self {
            Self::Table => Ok(Format::Table),
            Self::Csv => Ok(Format::Csv),
            Self::Json => Ok(Format::Json),
            Self::Jsonl => Ok(Format::Jsonl),
            Self::Timesketch | Self::Stix | Self::Parquet | Self::JsonSplit => {
                Err(UsageError::new(format!(
                    "`--explain` has no format `{}`: it finds nothing",
                    self.name()
                ))
                .with_hint("use table, csv, json or jsonl")
                .into())
            }
        }
    }

    /// Refuses what is not for a standard output that is a terminal.
    pub(super) fn check(self, is_terminal: bool) -> Result<(), UsageError> {
        if self == Self::Parquet && is_terminal {
            return Err(UsageError::new(
                "`--format parquet` is binary, and standard output is a terminal",
            )
            .with_hint(
                "redirect it: `> hits.parquet`; every run also leaves hits.parquet in its folder",
            ));
        }
        Ok(())
    }

    fn name(self) -> String {
        let value = self.to_possible_value();
        value
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_printed_is_refused_with_advice() {
        let said = HuntFormat::Parquet.check(true).unwrap_err().to_string();
        assert!(said.contains("is a terminal"), "{said}");
        assert!(HuntFormat::Parquet.check(false).is_ok());
        assert!(HuntFormat::Stix.check(true).is_ok());
        assert!(HuntFormat::Parquet.of_explanation().is_err());
    }
}
