//! One process per run.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Longest description of a holder that is read back, in bytes.
const HOLDER_BYTES_MAX: u64 = 200;

/// The exclusive right to write to a run, from [`RunLock::acquire`] until it is dropped or the process ends,
/// however it ends: the operating system keeps the lock, the file only carries it and stays behind.
#[derive(Debug)]
pub struct RunLock {
    /// Dropping the handle releases the lock.
    _file: File,
}

/// Why a run could not be locked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Somebody else holds it.
    #[error(
        "the run is in use{}: wait for it to end or stop it, then try again (lock file {})",
        holder.as_ref().map(|holder| format!(" by {holder}")).unwrap_or_default(), path.display()
    )]
    Held {
        /// The lock file.
        path: PathBuf,
        /// Who holds it, as they described themselves, where that could be read.
        holder: Option<String>,
    },
    /// The file system refused.
    #[error("could not lock the run with {}", path.display())]
    File {
        /// The lock file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
}

impl RunLock {
    /// Locks the file at `path`, which is created if need be. `holder` says to others who holds the lock,
    /// e.g. `process 4711`; it is cut at 200 bytes' worth when read back.
    ///
    /// # Errors
    /// [`LockError::Held`] at once, without waiting, when another process or handle holds it; [`LockError::File`].
    pub fn acquire(path: &Path, holder: &str) -> Result<Self, LockError> {
        let failed = |source| LockError::File {
            path: path.to_owned(),
            source,
        };
        let mut options = OpenOptions::new();
        let opened = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let mut file = opened.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held {
                    path: path.to_owned(),
                    holder: read_holder(&file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        write_holder(&mut file, holder).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

fn write_holder(file: &mut File, holder: &str) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(holder.as_bytes())?;
    file.sync_data()
}

/// Who holds the lock. Windows does not let others read a locked file; then nobody is named.
fn read_holder(file: &File) -> Option<String> {
    let mut text = Vec::new();
    file.take(HOLDER_BYTES_MAX).read_to_end(&mut text).ok()?;
    let line: String = String::from_utf8_lossy(&text)
        .chars()
        .filter(|letter| !letter.is_control())
        .collect();
    Some(line).filter(|line| !line.is_empty())
}
