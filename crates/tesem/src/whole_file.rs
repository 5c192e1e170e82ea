//! Data to standard output, or to files that are whole or as they were.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::NamedTempFile;

use crate::terminal::Terminal;

/// Writes what `fill` gives to the file `out`, which is replaced when all is there, or to standard output.
pub(crate) fn print(
    out: Option<&Path>,
    terminal: &Terminal,
    fill: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    match out {
        None => {
            let mut out = terminal.stdout();
            fill(&mut out)?;
            Ok(out.flush()?)
        }
        Some(path) => Prepared::fill(path, fill)?.put(),
    }
}

/// What a file will hold, beside its place.
pub(crate) struct Prepared {
    path: PathBuf,
    file: NamedTempFile,
}

impl Prepared {
    /// Writes beside the file.
    pub(crate) fn fill(
        path: &Path,
        fill: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
    ) -> anyhow::Result<Self> {
        filled(path, fill).with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Moves it into place.
    pub(crate) fn put(self) -> anyhow::Result<()> {
        let put = self.file.persist(&self.path);
        put.with_context(|| format!("{} cannot be written", self.path.display()))?;
        Ok(())
    }
}

fn filled(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<Prepared> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let file = NamedTempFile::new_in(folder.unwrap_or_else(|| Path::new(".")))?;
    let mut out = BufWriter::new(file);
    fill(&mut out)?;
    let file = out
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)?;
    Ok(Prepared {
        path: path.to_owned(),
        file,
    })
}
