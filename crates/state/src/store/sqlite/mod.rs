//! Budgets and locks of the processes of one machine, in a SQLite file.

mod ledger;
mod rows;
mod schema;
mod write_ahead;

use std::path::{Path, PathBuf};

pub(super) use ledger::SqliteLedger;
pub use write_ahead::keep_write_ahead_log;

use super::StoreError;
use crate::journal::{LockError, RunLock};

/// Takes the lock of `run`: a file beside the database, which the operating system frees when the process ends.
pub(super) async fn lock_run(
    database: &Path,
    run: &str,
    holder: &str,
) -> Result<RunLock, StoreError> {
    let path = lock_path(database, run);
    let holder = holder.to_owned();
    let locked = tokio::task::spawn_blocking(move || acquire(&path, &holder)).await;
    let failed = |error| StoreError::failed("lock a run beside", &database.display(), error);
    let locked = locked.map_err(|error| failed(std::io::Error::other(error)))?;
    locked.map_err(|error| match error {
        LockError::Held { holder, .. } => StoreError::RunHeld {
            run: run.to_owned(),
            holder,
        },
        source => StoreError::Lock {
            run: run.to_owned(),
            source,
        },
    })
}

fn acquire(path: &Path, holder: &str) -> Result<RunLock, LockError> {
    if let Some(folder) = path.parent() {
        let made = std::fs::create_dir_all(folder);
        made.map_err(|source| LockError::File {
            path: folder.to_owned(),
            source,
        })?;
    }
    RunLock::acquire(path, holder)
}

/// `tesem.db` keeps the locks of its runs in `tesem.db-locks`. Every byte of a name that could mean something to
/// a file system is written as its number, so that two runs never share a file.
fn lock_path(database: &Path, run: &str) -> PathBuf {
    let mut folder = database.as_os_str().to_owned();
    folder.push("-locks");
    let mut name = String::new();
    for byte in run.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => name.push(char::from(byte)),
            other => name.push_str(&format!("_{other:02x}")),
        }
    }
    name.push_str(".lock");
    Path::new(&folder).join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_runs_become_harmless_file_names() {
        let cases = [
            ("20261121t080000z-1f", "s.db-locks/20261121t080000z-1f.lock"),
            ("../x", "s.db-locks/_2e_2e_2fx.lock"),
            ("A_b", "s.db-locks/_41_5fb.lock"),
            ("", "s.db-locks/.lock"),
        ];
        for (run, expected) in cases {
            assert_eq!(
                lock_path(Path::new("s.db"), run),
                Path::new(expected),
                "{run}"
            );
        }
    }
}
