//! Static feeds of MISP: a manifest and a file per event.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::attribute::{Event, Wanted};
use super::event::EventDocument;
use crate::output::Output;
use crate::session::{Session, json};
use crate::{Access, Location, Problem};

/// A directory with `manifest.json` and `<uuid>.json`, local or at an address.
///
/// Source: MISP's feed generator (PyMISP, `feed-generator`).
#[derive(Debug, Clone)]
pub struct MispStaticFeed {
    /// The directory.
    pub location: Location,
    /// Who asks.
    pub access: Access,
    /// Only attributes that are meant for detection.
    pub to_ids: bool,
}

impl MispStaticFeed {
    pub(crate) async fn pull(&self, session: &Session) -> Result<(), Problem> {
        let location = self.location.join("manifest.json")?;
        let document = session.document(&location, &self.access).await?;
        let read = |input, output: &mut Output| manifest(input, output);
        let ids = session
            .read(document, "manifest.json".to_owned(), read)
            .await?;
        for id in ids {
            self.event(session, id).await?;
        }
        Ok(())
    }

    async fn event(&self, session: &Session, id: Uuid) -> Result<(), Problem> {
        let name = format!("{id}.json");
        let document = session
            .document(&self.location.join(&name)?, &self.access)
            .await?;
        let wanted = Wanted {
            to_ids_only: self.to_ids,
        };
        let read = move |input, output: &mut Output| {
            let event: EventDocument = json(input, output.document())?;
            event.read(wanted, output)
        };
        session.read(document, name, read).await
    }
}

/// The events to read. Names that are no UUIDs would be paths that a stranger chose.
fn manifest(input: crate::fetch::Input, output: &mut Output) -> Result<Vec<Uuid>, Problem> {
    let manifest: BTreeMap<String, Event> = json(input, output.document())?;
    let mut ids = Vec::with_capacity(manifest.len());
    for (number, (name, event)) in (1..).zip(manifest) {
        let Ok(id) = name.parse::<Uuid>() else {
            let why = crate::RefusedBecause::Form("is an event whose name is no UUID".into());
            output.refused(number, &name, why)?;
            continue;
        };
        match event.timestamp.filter(|time| output.is_too_old(*time)) {
            Some(time) => output.refused(number, &name, crate::RefusedBecause::TooOld(time))?,
            None => ids.push(id),
        }
    }
    Ok(ids)
}
