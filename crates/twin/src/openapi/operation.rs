//! What the document says about a route beyond the route itself.

use super::shape::{Field, Shape};
use crate::odata::EntitySet;

/// The description of one route.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    pub(super) method: &'static str,
    /// As in the route table.
    pub(super) path: &'static str,
    /// The `operationId`.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    /// What else there is to know; may be empty.
    pub(super) note: &'static str,
    /// The path as the service documents it, where one parameter of the route stands for several.
    pub(super) spelled: Option<&'static str>,
    /// Shapes of path parameters; one that is not named here is any text.
    pub(super) segments: &'static [Field],
    /// The set whose OData options the query part is evaluated with.
    pub(super) set: Option<&'static EntitySet>,
    /// Other options in the query part.
    pub(super) options: &'static [Field],
    pub(super) body: Option<Body>,
    pub(super) status: u16,
    pub(super) answer: Answer,
    /// Refusals beside those that every route of the face has.
    pub(super) refusals: &'static [u16],
}

/// What a call sends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body {
    /// JSON, under a JSON content type.
    Json(Shape),
    /// JSON; the content type is not looked at.
    AnyTypeJson(Shape),
    /// A form.
    Form(Shape),
}

/// What a call that worked is answered with.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    /// Nothing.
    Empty,
    /// The bare number of entities.
    Count,
    /// A page of entities of a named schema.
    Page(&'static str),
    /// One entity of a named schema.
    Entity(&'static str),
    /// One value under its context.
    Value(Shape),
    /// JSON without OData around it.
    Json(Shape),
    /// Bytes of a media type.
    Bytes(&'static str),
}

impl Operation {
    const fn new(
        method: &'static str,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            path,
            id,
            summary,
            note: "",
            spelled: None,
            segments: &[],
            set: None,
            options: &[],
            body: None,
            status: 200,
            answer: Answer::Empty,
            refusals: &[],
        }
    }

    pub(super) const fn get(
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self {
            answer,
            ..Self::new("GET", path, id, summary)
        }
    }

    pub(super) const fn post(
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        body: Body,
        answer: Answer,
    ) -> Self {
        Self {
            body: Some(body),
            answer,
            ..Self::new("POST", path, id, summary)
        }
    }

    pub(super) const fn patch(
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        body: Body,
        answer: Answer,
    ) -> Self {
        Self {
            method: "PATCH",
            ..Self::post(path, id, summary, body, answer)
        }
    }

    pub(super) const fn delete(
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self {
            answer,
            ..Self::new("DELETE", path, id, summary)
        }
    }

    /// A `POST` without a body.
    pub(super) const fn poke(
        path: &'static str,
        id: &'static str,
        summary: &'static str,
        answer: Answer,
    ) -> Self {
        Self {
            answer,
            ..Self::new("POST", path, id, summary)
        }
    }

    /// A route that the twin only knows.
    pub(super) const fn known(
        method: &'static str,
        path: &'static str,
        id: &'static str,
        summary: &'static str,
    ) -> Self {
        Self::new(method, path, id, summary)
    }

    pub(super) const fn noted(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    pub(super) const fn spelled(self, path: &'static str) -> Self {
        Self {
            spelled: Some(path),
            ..self
        }
    }

    pub(super) const fn segments(self, segments: &'static [Field]) -> Self {
        Self { segments, ..self }
    }

    pub(super) const fn of(self, set: &'static EntitySet) -> Self {
        Self {
            set: Some(set),
            ..self
        }
    }

    pub(super) const fn options(self, options: &'static [Field]) -> Self {
        Self { options, ..self }
    }

    pub(super) const fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(super) const fn refuses(self, refusals: &'static [u16]) -> Self {
        Self { refusals, ..self }
    }
}
