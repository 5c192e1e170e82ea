//! Reading what is hunted for.

use tesem_hunt::{InputForm, InputSource, Intake};

use crate::failure::UsageError;

/// Reads every input: files, and `-` for standard input.
pub(crate) fn read(inputs: &[String], form: InputForm) -> anyhow::Result<Intake> {
    let mut intake = Intake::default();
    for name in inputs {
        let bytes = crate::input::bytes(name)?;
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
