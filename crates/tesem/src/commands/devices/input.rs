//! Reading lists of device names and of e-mail addresses: each line is one, a comment, or refused.

use tesem_hunt::Intake;
use tesem_observable::{DeviceName, EmailAddress, Observable, Refusal, decode};

/// Reads all lists.
pub(super) fn read(devices: &[String], emails: &[String]) -> anyhow::Result<Intake> {
    let mut intake = Intake::default();
    for name in devices {
        let device = |item: &str| DeviceName::known(item).map(Observable::from);
        read_list(name, device, &mut intake)?;
    }
    for name in emails {
        let email = |item: &str| item.parse::<EmailAddress>().map(Observable::from);
        read_list(name, email, &mut intake)?;
    }
    Ok(intake)
}

fn read_list(
    name: &str,
    read: impl Fn(&str) -> Result<Observable, Refusal>,
    intake: &mut Intake,
) -> anyhow::Result<()> {
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
        match read(item) {
            Ok(observable) => {
                intake.add(name, number, observable);
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
