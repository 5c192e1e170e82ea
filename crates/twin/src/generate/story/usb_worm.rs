//! A worm that travels on a USB stick.

use std::borrow::Cow;

use super::indicator::{GATE_IP, GATE_URL, Story};
use super::payload::Payload;
use crate::generate::calendar::{HOUR, SECOND};
use crate::generate::catalogue::App;
use crate::generate::day::{Connection, DeviceDay, WindowsTree};
use crate::generate::rows::{Evidence, Item};

/// Days before the end of the data on which the stick reaches the first device.
pub(super) const DAYS_BACK: i64 = 26;

/// The stick is carried from part 0 to part 1 on the same day and to part 2 on the next.
pub(super) fn write(day: &mut DeviceDay<'_, '_>, part: usize, days_back: i64) {
    let (hour, back) = [(9, DAYS_BACK), (14, DAYS_BACK), (10, DAYS_BACK - 1)][part.min(2)];
    if days_back == back {
        let at = day.local(hour, 37);
        is_infected(day, at);
        if part == 2 {
            raise(day, at + HOUR);
        }
    }
}

fn is_infected(day: &mut DeviceDay<'_, '_>, at: i64) {
    let tree = WindowsTree::of_today(day);
    let library = day.tenant.cast.payloads.get(Payload::UsbLibrary);
    if let Some(row) = day.note(tree.netsvcs, at, "UsbDriveMounted") {
        row.additional = Cow::Borrowed(
            r#"{"DriveLetter":"E:","Manufacturer":"Fabrikam","ProductName":"Stick","SerialNumber":"AA04012700007713"}"#,
        );
    }
    let shell = tree.open(
        day,
        App::Cmd,
        at + 8 * SECOND,
        r#"cmd.exe /c start rundll32 E:\RECYCLER\thumbs.dll,Open"#,
    );
    let host = WindowsTree::child(
        day,
        shell,
        App::Rundll32,
        at + 9 * SECOND,
        r"rundll32 E:\RECYCLER\thumbs.dll,Open",
    );
    day.load_image(host, at + 10 * SECOND, Item::of(library, ""));
    let folder = format!(r"C:\Users\{}\AppData\Roaming", tree.account.name);
    day.change_file(
        host,
        at + 11 * SECOND,
        "FileCreated",
        Item::in_folder(library, &folder),
    );
    day.set_registry(
        host,
        at + 12 * SECOND,
        format!(
            r"HKEY_CURRENT_USER\{}\Software\Microsoft\Windows\CurrentVersion\RunOnce",
            tree.account.sid
        ),
        "Thumbs",
        format!(r"rundll32 {folder}\thumbs.dll,Open"),
    );
    for round in 0..6 {
        day.connect(
            host,
            at + 20 * SECOND + round * HOUR,
            Connection::to(GATE_IP, 80, GATE_URL),
        );
    }
}

fn raise(day: &mut DeviceDay<'_, '_>, at: i64) {
    let library = day.tenant.cast.payloads.get(Payload::UsbLibrary);
    let evidence = vec![
        Evidence::File(Item::of(library, "")),
        Evidence::Ip(Cow::Borrowed(GATE_IP)),
    ];
    day.raise(Story::UsbWorm, at, evidence);
}
