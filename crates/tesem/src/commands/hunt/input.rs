//! Reading what is hunted for.

use std::io::Read;
use std::path::Path;

use anyhow::Context;
use tesem_hunt::{InputForm, InputSource, Intake};

use crate::failure::UsageError;

/// Reads every input: files, and `-` for standard input.
pub(crate) fn read(inputs: &[String], form: InputForm) -> anyhow::Result<Intake> {
    let mut intake = Intake::default();
    for name in inputs {
        let bytes = content(name)?;
        intake.read_source(InputSource {
            name,
            bytes: &bytes,
            form,
        });
    }
    if intake.indicators.is_empty() && intake.refused.is_empty() {
        return Err(UsageError::new(format!(
            "nothing to hunt for: {} holds no indicator",
            inputs.join(", ")
        ))
        .with_hint("give a list with one indicator a line, or any text that names some")
        .into());
    }
    Ok(intake)
}

fn content(name: &str) -> anyhow::Result<Vec<u8>> {
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
