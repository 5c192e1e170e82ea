//! What outlives a run: files beside the runs, written whole or not at all.

use std::path::Path;

use anyhow::Context;

/// The folder beside the runs that holds what outlives them.
pub(crate) const FOLDER: &str = ".tesem";

/// A file name for a name from the configuration: `tenant-contoso`. Other characters than letters, digits, `-` and `_` are written as
/// their bytes in hex, so that different names stay different and none leaves the folder.
pub(crate) fn file_name(what: &str, name: &str) -> String {
    let mut text = format!("{what}-");
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => text.push(char::from(byte)),
            // File systems that ignore case must not make one of two names.
            _ => text.push_str(&format!("%{byte:02x}")),
        }
    }
    text
}

/// Writes a file beside its place and moves it there, under a name of its own: several processes may write the same one.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let written = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        std::io::Write::write_all(&mut file, content)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    written().with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tenant_name_leaves_the_folder_or_meets_another() {
        let names = [
            "contoso", "Contoso", "../x", "..%2fx", "con", "a b", "", "ü",
        ];
        let files: std::collections::BTreeSet<String> =
            names.iter().map(|name| file_name("tenant", name)).collect();
        assert_eq!(files.len(), names.len());
        for file in files {
            assert!(!file.contains(['/', '\\', '.', ' ', ':']), "{file}");
        }
    }
}
