//! Refusals: one response for each face and status, with the face's own envelope.

use serde_json::{Map, Value, json};

use super::shape::Shape::{Format, Object, Text};
use super::shape::{Shape, field, reference, required};
use crate::envelope::Face;

/// The statuses of refusals, what each means, and a header that it can carry.
const STATUSES: [(u16, &str, Option<&str>); 12] = [
    (400, "The call is not valid.", None),
    (
        401,
        "Not signed in: no token, or one that is not accepted.",
        Some("WWW-Authenticate"),
    ),
    (
        403,
        "The token is for another service, or lacks the permission.",
        None,
    ),
    (
        404,
        "Not found; without a body where the path fits no route.",
        None,
    ),
    (405, "Wrong verb; without a body.", Some("Allow")),
    (408, "The request body did not arrive in time.", None),
    (413, "The request body is too large.", None),
    (415, "The content type is not JSON.", None),
    (429, "Over the quota.", Some("Retry-After")),
    (500, "The twin failed.", None),
    (501, "The service does this, the twin does not.", None),
    (504, "The query took too long.", None),
];

pub(super) const SCHEMAS: &[(&str, Shape)] = &[
    (
        "DefenderError",
        Object(&[required(
            "error",
            Object(&[
                required("code", Text),
                required("message", Text),
                required("target", Text).noted("An opaque activity id; of a 429 the tenant's id."),
            ]),
        )]),
    ),
    (
        "GraphError",
        Object(&[required(
            "error",
            Object(&[
                required("code", Text),
                required("message", Text),
                required(
                    "innerError",
                    Object(&[
                        required("date", Text),
                        required("request-id", Format("uuid")),
                        required("client-request-id", Text),
                    ]),
                ),
            ]),
        )]),
    ),
    (
        "TwinError",
        Object(&[required(
            "error",
            Object(&[
                required("code", Text),
                required("message", Text),
                field("target", Text),
            ]),
        )]),
    ),
];

/// A reference to the response of a face and a status.
pub(super) fn response(face: Face, status: u16) -> Value {
    json!({"$ref": format!("#/components/responses/{}", name(face, status))})
}

fn name(face: Face, status: u16) -> String {
    if status == 405 {
        return "WrongVerb".to_owned();
    }
    let family = match face {
        Face::Endpoint | Face::Xdr => "Defender",
        Face::Graph => "Graph",
        Face::SignIn => "SignIn",
        Face::Storage => "Storage",
        Face::Twin => "Twin",
    };
    format!("{family}{status}")
}

/// Every response that a route refers to.
pub(super) fn responses() -> Map<String, Value> {
    let mut responses = Map::new();
    for route in crate::route::routes() {
        for status in super::refusals(route, &super::operation_of(route)) {
            responses.insert(name(route.face, status), written(route.face, status));
        }
    }
    responses.sort_keys();
    responses
}

fn written(face: Face, status: u16) -> Value {
    let known = STATUSES.iter().find(|(own, ..)| *own == status);
    let (about, header) = known.map_or(("Refused.", None), |(_, about, header)| (*about, *header));
    let mut response = json!({"description": about});
    let is_bodyless = status == 405 || (face, status) == (Face::SignIn, 404);
    if !is_bodyless {
        response["content"] = content(face);
    }
    if let Some(header) = header {
        response["headers"] = json!({header: {"schema": {"type": "string"}}});
    }
    response
}

fn content(face: Face) -> Value {
    let schema = match face {
        Face::Endpoint | Face::Xdr => "DefenderError",
        Face::Graph => "GraphError",
        Face::SignIn => "SignInError",
        Face::Twin => "TwinError",
        Face::Storage => return json!({"application/xml": {}}),
    };
    json!({"application/json": {"schema": reference(schema)}})
}
