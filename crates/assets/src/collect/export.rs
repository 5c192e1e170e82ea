//! Export files, read to their end though their addresses run out on the way.

use futures::TryStreamExt;
use tesem_defender::endpoint::ExportFiles;
use tesem_defender::{DefenderError, Entity};

use super::{Notice, Watcher};
use crate::observed::Aspect;

/// How long the addresses are to be good, in hours: as long as the service allows.
pub(super) const VALID_HOURS: u8 = 6;

/// Reads all records of an export. `files` asks for its addresses anew when one is refused, as those that ran out are, and
/// reading goes on: with the same file where the export is the same one, else from the beginning, which adds nothing twice.
///
/// One that is refused anew, too, ends it.
pub(super) async fn records<T, Files>(
    aspect: Aspect,
    watcher: &dyn Watcher,
    mut export: ExportFiles<T>,
    files: impl Fn() -> Files,
    mut each: impl FnMut(&T),
) -> Result<(), DefenderError>
where
    T: Entity,
    Files: Future<Output = Result<ExportFiles<T>, DefenderError>>,
{
    let mut file = 0;
    let mut is_renewed = false;
    while file < export.count() {
        match one(aspect, watcher, &export, file, &mut each).await {
            Ok(()) => (file, is_renewed) = (file + 1, false),
            Err(error) if has_run_out(&error) && !is_renewed => {
                watcher.notice(&Notice::Renewed);
                let renewed = files().await?;
                if (renewed.generated(), renewed.count()) != (export.generated(), export.count()) {
                    file = 0;
                }
                (export, is_renewed) = (renewed, true);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn one<T: Entity>(
    aspect: Aspect,
    watcher: &dyn Watcher,
    export: &ExportFiles<T>,
    file: usize,
    each: &mut impl FnMut(&T),
) -> Result<(), DefenderError> {
    let mut records = export.records_of(file);
    while let Some(record) = records.try_next().await? {
        watcher.read(aspect, 1);
        each(&record);
    }
    Ok(())
}

/// A signed address answers so when its time is over or the export has given way to the next, and so does one that never was good.
///
/// Source: learn.microsoft.com/rest/api/storageservices/sas-error-codes.
fn has_run_out(error: &DefenderError) -> bool {
    error
        .refusal()
        .is_some_and(|refusal| matches!(refusal.status, 401 | 403 | 404))
}
