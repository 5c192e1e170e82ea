//! `DeviceImageLoadEvents`.

use super::{Table, file, initiating};
use crate::generate::rows::Rows;

pub(super) fn table<'a>(rows: &'a Rows<'_>) -> Table<'a> {
    let mut table = Table::of_device("DeviceImageLoadEvents", &rows.image);
    let processes: Vec<_> = rows
        .image
        .iter()
        .map(|row| rows.process(row.process))
        .collect();
    table.text("ActionType", rows.image.iter().map(|_| "ImageLoaded"));
    file::item(&mut table, || rows.image.iter().map(|row| Some(&row.item)));
    initiating::columns(&mut table, &processes);
    initiating::rights(&mut table, &processes);
    table
}
