//! An investigation package: a ZIP archive of what is known about a machine.
//!
//! The archive's files are stored, not compressed. Source: pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.

use std::io;

use flate2::Crc;

use crate::data::{Entity, SharedEntity};

const LOCAL_HEADER: u32 = 0x0403_4b50;
const CENTRAL_HEADER: u32 = 0x0201_4b50;
const END_OF_DIRECTORY: u32 = 0x0605_4b50;
/// Version 2.0 of the format.
const VERSION: u16 = 20;
/// 1980-01-01, the first day that the format can name: a package does not depend on when it was made.
const DATE: u16 = 0x0021;

/// The package of a machine.
pub(super) fn of_machine(machine: &Entity, users: &[SharedEntity]) -> io::Result<Vec<u8>> {
    let files = [
        (
            "SystemInformation/machine.json",
            serde_json::to_vec_pretty(machine)?,
        ),
        ("Users/logonusers.json", serde_json::to_vec_pretty(users)?),
    ];
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for (name, content) in &files {
        let offset = number(archive.len())?;
        let facts = facts(name, content)?;
        write(&mut archive, &LOCAL_HEADER.to_le_bytes());
        write(&mut archive, &VERSION.to_le_bytes());
        write(&mut archive, &facts);
        write(&mut archive, name.as_bytes());
        write(&mut archive, content);
        write(&mut directory, &CENTRAL_HEADER.to_le_bytes());
        write(&mut directory, &VERSION.to_le_bytes());
        write(&mut directory, &VERSION.to_le_bytes());
        write(&mut directory, &facts);
        // Comment length, disk, attributes inside and outside.
        write(&mut directory, &[0; 10]);
        write(&mut directory, &offset.to_le_bytes());
        write(&mut directory, name.as_bytes());
    }
    let (start, length) = (number(archive.len())?, number(directory.len())?);
    let count = u16::try_from(files.len()).map_err(io::Error::other)?;
    write(&mut archive, &directory);
    write(&mut archive, &END_OF_DIRECTORY.to_le_bytes());
    write(&mut archive, &[0; 4]);
    write(&mut archive, &count.to_le_bytes());
    write(&mut archive, &count.to_le_bytes());
    write(&mut archive, &length.to_le_bytes());
    write(&mut archive, &start.to_le_bytes());
    write(&mut archive, &[0; 2]);
    Ok(archive)
}

/// What the local and the central header say alike: flags to the length of the extra field.
fn facts(name: &str, content: &[u8]) -> io::Result<Vec<u8>> {
    let mut checksum = Crc::new();
    checksum.update(content);
    let (length, name_length) = (number(content.len())?, u16::try_from(name.len()));
    let mut facts = Vec::with_capacity(24);
    // No flags, stored, midnight.
    write(&mut facts, &[0; 6]);
    write(&mut facts, &DATE.to_le_bytes());
    write(&mut facts, &checksum.sum().to_le_bytes());
    write(&mut facts, &length.to_le_bytes());
    write(&mut facts, &length.to_le_bytes());
    write(
        &mut facts,
        &name_length.map_err(io::Error::other)?.to_le_bytes(),
    );
    write(&mut facts, &[0; 2]);
    Ok(facts)
}

fn write(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(bytes);
}

fn number(length: usize) -> io::Result<u32> {
    u32::try_from(length).map_err(io::Error::other)
}
