//! Reading the packs and queries that a hunt asks.

use std::path::{Path, PathBuf};

use tesem_hunt::pack::{Pack, PackError, ParameterError, PreparedQuery, builtin_names, prepare};

use super::HuntArgs;
use crate::failure::UsageError;
use crate::settings::Settings;
use crate::terminal::Terminal;

/// Reads every pack and query that is named, and checks them.
pub(super) fn read(
    args: &HuntArgs,
    settings: &Settings,
    terminal: &Terminal,
) -> anyhow::Result<Vec<PreparedQuery>> {
    let mut packs = Vec::new();
    for name in &args.pack {
        packs.push(pack(name, settings)?);
    }
    for file in &args.kql {
        let bytes = crate::input::bytes(file)?;
        packs.push(Pack::read_query(file, &bytes).map_err(|error| usage(&error))?);
    }
    for pack in &packs {
        for left in &pack.left_out {
            let (file, line, name) = (&pack.file, left.line, &left.name);
            terminal.say(&format!(
                "{file}:{line}: `{name}` is left out: {}",
                left.reason
            ));
        }
    }
    let queries = prepare(&packs, &assignments(&args.set)?).map_err(|error| usage(&error))?;
    Ok(queries)
}

/// A file, a pack of the configuration, or a built-in one, in this order.
fn pack(name: &str, settings: &Settings) -> anyhow::Result<Pack> {
    if let Some(file) = settings.file.packs.get(name) {
        return read_file(&beside_settings(file, settings));
    }
    let is_file = Path::new(name).is_file() || name.contains(['/', '\\', '.']);
    if is_file {
        return read_file(Path::new(name));
    }
    Pack::builtin(name).map_err(|error| {
        let configured: Vec<&str> = settings.file.packs.keys().map(String::as_str).collect();
        match configured.as_slice() {
            [] => usage(&error),
            names => usage(&error).with_hint(format!("configured are {}", names.join(", "))),
        }
        .into()
    })
}

fn read_file(path: &Path) -> anyhow::Result<Pack> {
    let name = path.display().to_string();
    let bytes = crate::input::bytes(&name)?;
    Ok(Pack::read(&name, &bytes).map_err(|error| usage(&error))?)
}

/// A path of the configuration counts from the configuration's own folder.
fn beside_settings(file: &Path, settings: &Settings) -> PathBuf {
    let folder = settings.path.as_deref().and_then(Path::parent);
    folder.map_or_else(|| file.to_owned(), |folder| folder.join(file))
}

fn assignments(set: &[String]) -> anyhow::Result<Vec<(String, String)>> {
    let assignment = |text: &String| {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| usage(&ParameterError::Form(text.clone()).into()))?;
        Ok((name.trim().to_owned(), value.to_owned()))
    };
    set.iter().map(assignment).collect()
}

fn usage(error: &PackError) -> UsageError {
    UsageError::new(error.to_string())
}

/// The built-in packs, for the help text.
pub(super) fn built_in() -> String {
    builtin_names().join(", ")
}
