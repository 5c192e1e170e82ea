//! An OpenAPI 3.1 description of every route, served at `GET /_twin/openapi.json`.
//!
//! Paths, services, permissions and quotas come from the route table, OData options from the entity sets that evaluate them, and names
//! that a handler allows from the handler's own lists. What is left to say about a route stands in one table per family here; a route
//! without a line is in the document too, without schemas, and fails a test.
//! Source: spec.openapis.org/oas/v3.1.1.

mod actions;
mod alerts;
mod control;
mod entities;
mod exports;
mod graph;
mod hunting;
mod indicators;
mod machines;
mod odata;
mod operation;
mod refusal;
mod shape;
mod sign_in;
mod vulnerabilities;

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::envelope::Face;
use crate::quota::QuotaWindow;
use crate::reply::Reply;
use crate::route::{self, Call, HandlerFuture, Route};
use crate::server::Twin;
use operation::{Answer, Body, Operation};
use shape::{Field, Shape, reference};

/// Descriptions and schemas of one family of routes.
type Family = (&'static [Operation], &'static [(&'static str, Shape)]);

const FAMILIES: [Family; 11] = [
    (sign_in::OPERATIONS, sign_in::SCHEMAS),
    (hunting::OPERATIONS, hunting::SCHEMAS),
    (machines::OPERATIONS, machines::SCHEMAS),
    (actions::OPERATIONS, actions::SCHEMAS),
    (alerts::OPERATIONS, alerts::SCHEMAS),
    (indicators::OPERATIONS, indicators::SCHEMAS),
    (entities::OPERATIONS, entities::SCHEMAS),
    (vulnerabilities::OPERATIONS, vulnerabilities::SCHEMAS),
    (exports::OPERATIONS, exports::SCHEMAS),
    (graph::OPERATIONS, graph::SCHEMAS),
    (control::OPERATIONS, control::SCHEMAS),
];

const ABOUT: &str = "A Defender tenant on your own machine: Entra's token endpoints, Microsoft Defender for Endpoint, Microsoft Defender \
    XDR and Microsoft Graph, as far as the twin emulates them. A route with `x-emulated: false` is known and answered with 501. \
    `/api/v1.0/…` is the same as `/api/…`. A path that fits no route is answered with 404, a wrong verb with 405, both without a body. \
    Under a fault of `POST /_twin/faults` any route answers what the fault says.";

/// `GET /_twin/openapi.json`.
pub(crate) fn document<'a>(twin: &'a Twin, _call: &'a Call) -> HandlerFuture<'a> {
    Box::pin(async { Reply::json(StatusCode::OK, &describe(twin)) })
}

fn describe(twin: &Twin) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in route::routes() {
        let known = operation_of(route);
        let path = known.spelled.unwrap_or(route.path);
        let item = paths.entry(path).or_insert_with(|| json!({}));
        item[route.method.to_ascii_lowercase()] = described(twin, route, &known);
    }
    json!({
        "openapi": "3.1.1",
        "info": {"title": "Tesem twin", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT},
        "servers": [{"url": "/"}],
        "tags": tags(),
        "paths": paths,
        "components": {
            "schemas": schemas(), "responses": refusal::responses(), "securitySchemes": security_schemes(),
        },
    })
}

/// What is said about a route; only its name and path when nobody said more.
fn operation_of(route: &'static Route) -> Operation {
    let described = FAMILIES.iter().flat_map(|(operations, _)| *operations);
    let mut fitting = described.filter(|own| own.method == route.method && own.path == route.path);
    fitting
        .next()
        .copied()
        .unwrap_or_else(|| Operation::known(route.method, route.path, route.path, "Not described"))
}

fn described(twin: &Twin, route: &'static Route, operation: &Operation) -> Value {
    let windows: Vec<String> = twin
        .windows(route)
        .iter()
        .map(QuotaWindow::to_string)
        .collect();
    let mut shown = json!({
        "operationId": operation.id, "tags": [route.face.name()], "summary": operation.summary,
        "description": description(route, operation, &windows),
        "parameters": parameters(twin, route, operation), "responses": responses(route, operation),
        "security": security(route), "x-emulated": route.handler.is_some(),
    });
    if let Some(body) = &operation.body {
        shown["requestBody"] = request_body(body);
    }
    if let Some(audience) = route.face.audience() {
        shown["x-audience"] = json!(audience.uri());
        shown["x-application-permissions"] = json!(route.permissions);
    }
    if !windows.is_empty() {
        shown["x-quota"] = json!(windows);
    }
    shown
}

fn description(route: &Route, operation: &Operation, windows: &[String]) -> String {
    let mut sentences = Vec::new();
    if route.handler.is_none() {
        sentences.push("The service has this route; the twin answers 501.".to_owned());
    }
    sentences.extend(Some(operation.note.to_owned()).filter(|note| !note.is_empty()));
    if let Some(audience) = route.face.audience() {
        sentences.push(format!(
            "Needs a token for `{}` with one of the application permissions {}.",
            audience.uri(),
            route.permissions.join(", ")
        ));
    }
    if !windows.is_empty() {
        sentences.push(format!("Quota for each app: {}.", windows.join(", ")));
    }
    sentences.join(" ")
}

fn security(route: &Route) -> Value {
    match scheme(route.face) {
        Some((name, _)) => json!([{name: []}]),
        None => json!([]),
    }
}

/// The name of a face's security scheme, and the face.
fn scheme(face: Face) -> Option<(&'static str, Face)> {
    match face {
        Face::Endpoint => Some(("endpoint", face)),
        Face::Xdr => Some(("xdr", face)),
        Face::Graph => Some(("graph", face)),
        Face::SignIn | Face::Storage | Face::Twin => None,
    }
}

fn security_schemes() -> Map<String, Value> {
    let named = Face::ALL.into_iter().filter_map(scheme);
    named
        .filter_map(|(name, face)| {
            let audience = face.audience()?.uri();
            let about = format!("A token for `{audience}` from `POST /{{tenant}}/oauth2/v2.0/token`.");
            let scheme = json!({"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": about,
                                "x-audience": audience});
            Some((name.to_owned(), scheme))
        })
        .collect()
}

fn tags() -> Vec<Value> {
    Face::ALL
        .iter()
        .map(|face| json!({"name": face.name()}))
        .collect()
}

/// Every schema, by name.
fn schemas() -> Map<String, Value> {
    let all = FAMILIES.iter().flat_map(|(_, schemas)| *schemas);
    all.chain(refusal::SCHEMAS)
        .map(|(name, shape)| ((*name).to_owned(), shape.schema()))
        .collect()
}

fn parameters(twin: &Twin, route: &Route, operation: &Operation) -> Vec<Value> {
    let path = operation.spelled.unwrap_or(route.path);
    let mut parameters: Vec<Value> = names_in(path)
        .map(|name| {
            let shaped = operation.segments.iter().find(|own| own.name == name);
            let any = shape::required("", Shape::Text);
            let shaped = Field {
                is_required: true,
                ..*shaped.unwrap_or(&any)
            };
            parameter(name, "path", &shaped)
        })
        .collect();
    let options = operation.options.iter();
    parameters.extend(options.map(|option| parameter(option.name, "query", option)));
    if let Some(set) = operation.set {
        parameters.extend(odata::parameters(set, twin.unverified.select_and_order));
    }
    parameters
}

fn parameter(name: &str, place: &str, field: &Field) -> Value {
    let mut schema = field.shape.schema();
    let is_open_text = schema == json!({"type": "string"});
    if place == "path" && is_open_text {
        // A parameter of a path is never empty.
        schema["minLength"] = json!(1);
    }
    let mut shown =
        json!({"name": name, "in": place, "required": field.is_required, "schema": schema});
    if !field.note.is_empty() {
        shown["description"] = json!(field.note);
    }
    shown
}

/// The names of the parameters in a path.
fn names_in(path: &str) -> impl Iterator<Item = &str> {
    let after_brace = path.split('{').skip(1);
    after_brace.filter_map(|rest| Some(rest.split_once('}')?.0))
}

fn request_body(body: &Body) -> Value {
    let (media, shape) = match body {
        Body::Json(shape) | Body::AnyTypeJson(shape) => ("application/json", shape),
        Body::Form(shape) => ("application/x-www-form-urlencoded", shape),
    };
    json!({"required": true, "content": {media: {"schema": shape.schema()}}})
}

/// The answer of a call that worked, and the refusals.
fn responses(route: &Route, operation: &Operation) -> Map<String, Value> {
    let mut responses = Map::new();
    if route.handler.is_some() {
        responses.insert(operation.status.to_string(), success(&operation.answer));
    }
    for status in refusals(route, operation) {
        responses.insert(status.to_string(), refusal::response(route.face, status));
    }
    responses
}

fn success(answer: &Answer) -> Value {
    let (about, media, schema) = match answer {
        Answer::Empty => return json!({"description": "Done, without a body."}),
        Answer::Count => (
            "The number.",
            "text/plain",
            json!({"type": "integer", "minimum": 0}),
        ),
        Answer::Page(item) => ("A page.", "application/json", page(item)),
        Answer::Entity(name) => ("The entity.", "application/json", entity(name)),
        Answer::Value(shape) => ("The value.", "application/json", value(shape)),
        Answer::Json(shape) => ("Done.", "application/json", shape.schema()),
        Answer::Bytes(media) => {
            return json!({"description": "The bytes.", "content": {*media: {}}});
        }
    };
    json!({"description": about, "content": {media: {"schema": schema}}})
}

fn page(item: &str) -> Value {
    json!({
        "type": "object", "required": ["@odata.context", "value"],
        "properties": {
            "@odata.context": {"type": "string"},
            "@odata.count": {"type": "integer", "minimum": 0},
            "value": {"type": "array", "items": reference(item)},
            "@odata.nextLink": {"type": "string", "description": "The next page; not there on the last."},
        },
    })
}

fn entity(name: &str) -> Value {
    let context = json!({"type": "object", "required": ["@odata.context"],
                         "properties": {"@odata.context": {"type": "string"}}});
    json!({"allOf": [reference(name), context]})
}

fn value(shape: &Shape) -> Value {
    json!({"type": "object", "required": ["@odata.context", "value"],
           "properties": {"@odata.context": {"type": "string"}, "value": shape.schema()}})
}

/// The statuses that a route can refuse with.
fn refusals(route: &Route, operation: &Operation) -> BTreeSet<u16> {
    let mut statuses = BTreeSet::from([400, 405, 408, 413]);
    if route.path.contains('{') {
        statuses.insert(404);
    }
    if route.handler.is_none() {
        statuses.insert(501);
        return statuses;
    }
    statuses.extend(operation.refusals);
    if route.face.audience().is_some() {
        statuses.extend([401, 403, 429]);
    }
    if route.face == Face::Storage {
        statuses.insert(403);
    }
    if matches!(operation.body, Some(Body::Json(_))) {
        statuses.insert(415);
    }
    statuses
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_of(route: &Route, operation: &Operation) -> bool {
        route.method == operation.method && route.path == operation.path
    }

    fn operations() -> impl Iterator<Item = &'static Operation> {
        FAMILIES.iter().flat_map(|(operations, _)| *operations)
    }

    #[test]
    fn every_route_is_described_once_and_nothing_else_is() {
        for route in route::routes() {
            let found = operations().filter(|own| is_of(route, own)).count();
            assert_eq!(found, 1, "{} {}", route.method, route.path);
        }
        for operation in operations() {
            let is_route = route::routes().any(|route| is_of(route, operation));
            assert!(is_route, "{} {}", operation.method, operation.path);
        }
    }

    #[test]
    fn what_is_named_in_an_operation_is_there() {
        let names: BTreeSet<_> = schemas().into_iter().map(|(name, _)| name).collect();
        for operation in operations() {
            if let Answer::Page(name) | Answer::Entity(name) = operation.answer {
                assert!(names.contains(name), "{}: {name}", operation.path);
            }
            let path = operation.spelled.unwrap_or(operation.path);
            let parameters: Vec<&str> = names_in(path).collect();
            for segment in operation.segments {
                assert!(
                    parameters.contains(&segment.name),
                    "{path}: {}",
                    segment.name
                );
            }
        }
    }

    #[test]
    fn names_of_schemas_and_operations_are_used_once() {
        let schemas = FAMILIES.iter().flat_map(|(_, schemas)| *schemas);
        let mut names: Vec<&str> = schemas.map(|(name, _)| *name).collect();
        names.extend(operations().map(|operation| operation.id));
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn a_route_that_is_only_known_has_no_answer_but_501() {
        for route in route::routes().filter(|route| route.handler.is_none()) {
            let responses = responses(route, &operation_of(route));
            assert!(responses.keys().all(|status| !status.starts_with('2')));
            assert!(responses.contains_key("501"), "{}", route.path);
        }
    }
}
