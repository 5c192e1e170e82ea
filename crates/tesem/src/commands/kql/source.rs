//! Where queries come from.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::failure::UsageError;

/// A line of `--jsonl`.
#[derive(Debug, Deserialize)]
pub(super) struct Request {
    /// Given back with the answer.
    pub(super) id: Json,
    /// The query's text.
    pub(super) query: String,
}

/// The text of a file, or of standard input for `-`.
pub(super) fn text(name: &str) -> anyhow::Result<String> {
    let bytes = crate::input::bytes(name)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| UsageError::new(format!("{name} is not UTF-8 text")))?;
    Ok(text
        .strip_prefix('\u{feff}')
        .map_or_else(|| text.clone(), str::to_owned))
}

/// The objects of a JSON Lines file (`-` for standard input), read one by one; blank lines are skipped.
pub(super) fn json_lines<T: DeserializeOwned>(
    path: &Path,
) -> anyhow::Result<impl Iterator<Item = anyhow::Result<T>>> {
    let reader: Box<dyn Read> =
        if path == Path::new("-") {
            Box::new(std::io::stdin())
        } else {
            Box::new(File::open(path).map_err(|error| {
                UsageError::new(format!("cannot read {}: {error}", path.display()))
            })?)
        };
    let name = path.display().to_string();
    let lines = BufReader::new(reader).lines().enumerate();
    Ok(lines.filter_map(move |(index, line)| {
        let place = || format!("{name}, line {}", index + 1);
        match line {
            Err(error) => Some(Err(anyhow::Error::new(error).context(place()))),
            Ok(line) if line.trim().is_empty() => None,
            Ok(line) => Some(serde_json::from_str(&line).with_context(place)),
        }
    }))
}
