//! Reading lists of device names and of e-mail addresses: each line is one, a comment, or refused.

use std::str::FromStr;

use tesem_hunt::Intake;
use tesem_observable::{DeviceName, EmailAddress, Observable, Refusal, decode};

/// Reads all lists.
pub(super) fn read(devices: &[String], emails: &[String]) -> anyhow::Result<Intake> {
    let mut intake = Intake::default();
    for name in devices {
        read_list::<DeviceName>(name, &mut intake)?;
    }
    for name in emails {
        read_list::<EmailAddress>(name, &mut intake)?;
    }
    Ok(intake)
}

fn read_list<T>(name: &str, intake: &mut Intake) -> anyhow::Result<()>
where
    T: FromStr<Err = Refusal> + Into<Observable>,
{
    let bytes = crate::input::bytes(name)?;
    let decoded = match decode(&bytes) {
        Ok(decoded) => decoded,
        Err(error) => {
            intake.refuse(name, 0, name.to_owned(), error.to_string());
            return Ok(());
        }
    };
    for (number, line) in (1..).zip(decoded.text.lines()) {
        let item = line.trim();
        if item.is_empty() || item.starts_with('#') || item.starts_with("//") {
            continue;
        }
        match item.parse::<T>() {
            Ok(read) => {
                intake.add(name, number, read.into());
            }
            Err(refusal) => intake.refuse(
                name,
                number,
                refusal.excerpt().to_owned(),
                refusal.reason().to_string(),
            ),
        }
    }
    Ok(())
}
