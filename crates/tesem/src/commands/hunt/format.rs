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
}

impl HuntFormat {
    /// The format of an explanation.
    pub(super) fn of_explanation(self) -> anyhow::Result<Format> {
        match self {
            Self::Table => Ok(Format::Table),
            Self::Csv => Ok(Format::Csv),
            Self::Json => Ok(Format::Json),
            Self::Jsonl => Ok(Format::Jsonl),
            Self::Timesketch | Self::Stix | Self::Parquet => Err(UsageError::new(format!(
                "`--explain` has no format `{}`: it finds nothing",
                self.name()
            ))
            .with_hint("use table, csv, json or jsonl")
            .into()),
        }
    }

    /// Refuses what cannot be printed for `tenants` tenants to a standard output that is a terminal or not.
    pub(super) fn check(self, tenants: usize, is_terminal: bool) -> Result<(), UsageError> {
        if self == Self::Parquet && is_terminal {
            return Err(UsageError::new(
                "`--format parquet` is binary, and standard output is a terminal",
            )
            .with_hint(
                "redirect it: `> hits.parquet`; every run also leaves hits.parquet in its folder",
            ));
        }
        if self.is_one_document() && tenants > 1 {
            return Err(UsageError::new(format!(
                "`--format {}` is one document, but several tenants are named",
                self.name()
            ))
            .with_hint(
                "name one tenant at a time, or take the files that each tenant's run leaves",
            ));
        }
        Ok(())
    }

    fn is_one_document(self) -> bool {
        matches!(self, Self::Stix | Self::Parquet)
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
        let cases = [
            (HuntFormat::Parquet, 1, true, Some("is a terminal")),
            (HuntFormat::Parquet, 1, false, None),
            (HuntFormat::Parquet, 2, false, Some("several tenants")),
            (HuntFormat::Stix, 1, true, None),
            (HuntFormat::Stix, 2, true, Some("several tenants")),
            (HuntFormat::Json, 2, false, None),
            (HuntFormat::Timesketch, 2, true, None),
            (HuntFormat::Table, 9, true, None),
        ];
        for (format, tenants, is_terminal, expected) in cases {
            let refused = format.check(tenants, is_terminal).err();
            let said = refused.map(|error| error.to_string());
            match expected {
                Some(part) => assert!(said.unwrap().contains(part), "{format:?}"),
                None => assert_eq!(said, None, "{format:?}"),
            }
        }
    }
}
