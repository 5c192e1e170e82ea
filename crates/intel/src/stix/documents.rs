//! Documents whose objects count together: bundles of a feed, pages of a collection.

use std::mem;

use super::bundle::{Envelope, read_objects};
use super::object::Objects;
use super::versions::Origin;
use crate::Problem;
use crate::fetch::{Document, Input, Keeper, open};
use crate::output::Output;
use crate::session::Session;

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A bundle, or a list of objects.
    Bundle,
    /// An envelope of TAXII, which may be empty.
    Page,
    /// What was kept of a collection.
    Kept,
}

/// Documents at hand: surveyed as they come, read when all are there.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    objects: Objects,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    document: Document,
    name: String,
    role: Role,
}

impl Documents {
    /// Surveys one more document. It is read with the others even if this fails: reading meets the same failure after what is
    /// well in it.
    pub(crate) async fn add(
        &mut self,
        session: &Session,
        document: Document,
        name: String,
        role: Role,
    ) -> Result<Envelope, Problem> {
        let part = Part {
            document,
            name,
            role,
        };
        let mut objects = mem::take(&mut self.objects);
        let limit = session.fetcher.settings().bytes_max;
        let surveying = session.blocking(move |output| {
            let envelope = part.survey(&mut objects, limit, output);
            Ok((part, objects, envelope))
        });
        let (part, objects, envelope) = surveying.await?;
        self.objects = objects;
        self.parts.push(part);
        envelope
    }

    /// Hands on all objects that count; `keeper` gets them for the next pull.
    pub(crate) async fn read(
        self,
        session: &Session,
        mut keeper: Option<Keeper>,
    ) -> Result<(), Problem> {
        let limit = session.fetcher.settings().bytes_max;
        let reading = session.blocking(move |output| {
            for part in self.parts {
                part.read(&self.objects, limit, output, keeper.as_mut())?;
            }
            keeper.map_or(Ok(()), Keeper::finish)
        });
        reading.await
    }
}

impl Role {
    fn origin(self) -> Origin {
        match self {
            Self::Bundle | Self::Page => Origin::Given,
            Self::Kept => Origin::Kept,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Bundle => "a STIX bundle",
            Self::Page | Self::Kept => "a TAXII envelope",
        }
    }
}

impl Part {
    fn survey(
        &self,
        objects: &mut Objects,
        limit: u64,
        output: &mut Output,
    ) -> Result<Envelope, Problem> {
        output.enter(&self.name);
        let input = self.open(limit)?;
        let origin = self.role.origin();
        let envelope = read_objects(input.reader, output, &mut |raw, _, _| {
            objects.survey(raw, origin);
            Ok(())
        })?;
        self.checked(envelope)
    }

    fn read(
        mut self,
        objects: &Objects,
        limit: u64,
        output: &mut Output,
        mut keeper: Option<&mut Keeper>,
    ) -> Result<(), Problem> {
        output.enter(&self.name);
        let input = self.open(limit)?;
        let origin = self.role.origin();
        let envelope = read_objects(input.reader, output, &mut |raw, number, output| {
            objects.read(raw, origin, number, output, keeper.as_deref_mut())
        })?;
        self.checked(envelope)?;
        self.document.keep()
    }

    fn open(&self, limit: u64) -> Result<Input, Problem> {
        // A kept collection is as long as all its pages, each of which had its limit.
        let limit = if self.role == Role::Kept {
            u64::MAX
        } else {
            limit
        };
        let input = open(&self.document, &self.name, limit)?;
        input.refuse_html(&self.name, self.role.name())?;
        Ok(input)
    }

    fn checked(&self, envelope: Envelope) -> Result<Envelope, Problem> {
        match envelope.has_objects || self.role == Role::Page {
            true => Ok(envelope),
            false => Err(Problem::NotTheData {
                what: self.name.as_str().into(),
                wanted: self.role.name(),
                why: "it has no `objects`".into(),
            }),
        }
    }
}
