//! Reading what a command works on: files, and `-` for standard input.

use std::io::Read;
use std::path::Path;

use anyhow::Context;

use crate::failure::UsageError;

/// The bytes of the file `name`, or of standard input for `-`.
pub(crate) fn bytes(name: &str) -> anyhow::Result<Vec<u8>> {
    if name == "-" {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .context("cannot read standard input")?;
        return Ok(bytes);
    }
    let path = Path::new(name);
    std::fs::read(path).map_err(|error| {
        let what = if path.is_dir() {
            "it is a directory".to_owned()
        } else {
            error.to_string()
        };
        UsageError::new(format!("cannot read {name}: {what}")).into()
    })
}

/// `files`, or standard input where none is named.
pub(crate) fn names(files: &[String]) -> Vec<&str> {
    if files.is_empty() {
        vec!["-"]
    } else {
        files.iter().map(String::as_str).collect()
    }
}
