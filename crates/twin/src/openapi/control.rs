//! The twin's own face.

use serde_json::{Value, json};

use super::operation::{Answer, Body, Operation};
use super::shape::Shape::{
    Any, Between, Choice, Closed, Either, Flag, Format, Integer, List, Map, Named, Number, Object,
    OrNull, Text, Written,
};
use super::shape::{Field, Shape, field, nullable, object, required};
use crate::fault::DELAY_MAX;

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "/_twin/tenant",
        "getTwinTenant",
        "The tenant and the credentials of its apps",
        Answer::Json(Named("TwinTenant")),
    ),
    Operation::get(
        "/_twin/planted",
        "listPlanted",
        "What the intrusions of a generated tenant can be found by",
        Answer::Json(List(&Named("Planted"))),
    ),
    Operation::get(
        "/_twin/calls",
        "listCalls",
        "The calls of emulated services, oldest first",
        Answer::Json(List(&Named("CallRecord"))),
    ),
    Operation::get(
        "/_twin/faults",
        "listFaults",
        "The faults that still hit",
        Answer::Json(List(&Named("ActiveFault"))),
    ),
    Operation::post(
        "/_twin/faults",
        "addFaults",
        "Adds faults, or none",
        Body::AnyTypeJson(Either(&[Named("Fault"), List(&Named("Fault"))])),
        Answer::Json(List(&Named("ActiveFault"))),
    ),
    Operation::delete(
        "/_twin/faults",
        "clearFaults",
        "No more faults",
        Answer::Json(List(&Named("ActiveFault"))),
    ),
    Operation::get(
        "/_twin/clock",
        "readClock",
        "The time",
        Answer::Json(Named("Clock")),
    ),
    Operation::post(
        "/_twin/clock",
        "moveClock",
        "Moves the clock",
        Body::AnyTypeJson(Named("ClockMove")),
        Answer::Json(Named("Clock")),
    ),
    Operation::get(
        "/_twin/device",
        "showCodePage",
        "The page where a person enters a code",
        Answer::Bytes("text/html"),
    ),
    Operation::get(
        "/_twin/device-codes",
        "listCodes",
        "Codes that a person is asked to enter",
        Answer::Json(List(&Named("Invitation"))),
    ),
    Operation::post(
        "/_twin/device-codes",
        "enterCode",
        "Enters a code, or declines",
        Body::AnyTypeJson(Named("EnteredCode")),
        Answer::Json(List(&Named("Invitation"))),
    )
    .refuses(&[404]),
    Operation::poke(
        "/_twin/reset",
        "resetTwin",
        "The twin as it was started",
        Answer::Json(Object(&[required("now", INSTANT)])),
    ),
    Operation::get(
        "/_twin/capabilities",
        "getCapabilities",
        "Routes, tables and entities",
        Answer::Json(Named("Capabilities")),
    ),
    Operation::get(
        "/_twin/openapi.json",
        "getOpenApi",
        "This document",
        Answer::Json(Object(&[
            required("openapi", Text),
            required("paths", Map(&Any)),
        ])),
    ),
];

const INSTANT: Shape = Format("date-time");
const SECONDS: Shape = Number;
const MILLISECONDS: Shape = Between(0, DELAY_MAX.as_secs() * 1_000);
const COUNTS: Shape = Map(&Integer);

pub(super) const SCHEMAS: &[(&str, Shape)] = &[
    (
        "TwinTenant",
        Object(&[
            required("tenant_id", Format("uuid")),
            required("name", Text),
            required("domains", List(&Text)),
            required(
                "apps",
                List(&Object(&[
                    required("client_id", Format("uuid")),
                    required("client_secret", Text),
                    required("roles", List(&Text)),
                ])),
            ),
        ]),
    ),
    (
        "Invitation",
        Object(&[
            required("user_code", Text),
            required("client_id", Format("uuid")),
            required("until", INSTANT),
            required("decision", Choice(&["waiting", "approved", "declined"])),
        ]),
    ),
    (
        "EnteredCode",
        Closed(&[required("user_code", Text), field("approve", Flag)]),
    ),
    (
        "Planted",
        Object(&[
            required("kind", Text),
            required("value", Text),
            required("story", Text),
            required("tables", List(&Text)),
            required("devices", Integer),
        ]),
    ),
    (
        "CallRecord",
        Object(&[
            required("time", INSTANT),
            required("method", Text),
            required("path", Text),
            required("route", OrNull(&Text)),
            required("app", OrNull(&Text)),
            required("status", OrNull(&Integer)),
            required("rows", OrNull(&Integer)),
            required("request_bytes", Integer),
            required("duration_ms", Integer),
            required("request_id", Text),
            required("faulted", Flag),
        ]),
    ),
    (
        "ActiveFault",
        Object(&[
            required("rule", Named("Fault")),
            required("calls_left", OrNull(&Integer)),
        ]),
    ),
    ("Fault", Written(fault)),
    (
        "Clock",
        Object(&[
            required("now", INSTANT),
            required("offset_seconds", SECONDS),
        ]),
    ),
    (
        "ClockMove",
        Either(&[
            Closed(&[required("advance", Either(&[SECONDS, DURATION]))]),
            Closed(&[required("seconds", SECONDS)]),
            Closed(&[required("set", INSTANT)]),
        ]),
    ),
    (
        "Capabilities",
        Object(&[
            required("quota", Text),
            required("assumed", Map(&Any)),
            required("emulated", List(&Named("RouteView"))),
            required("not_emulated", List(&Named("RouteView"))),
            required("tables", COUNTS),
            required("entities", COUNTS),
        ]),
    ),
    (
        "RouteView",
        Object(&[
            required("method", Text),
            required("path", Text),
            required("service", Text),
            field("permissions", List(&Text)),
            field("quota", List(&Text)),
        ]),
    ),
];

const DURATION: Shape = Shape::Pattern("^[+-]?[Pp]");

const FAULT: &[Field] = &[
    field("path", Text).noted("`*` stands for any characters; every path when left out."),
    nullable("method", &Text),
    nullable("status", &Between(200, 599)),
    field("body", Any).noted("A string as it is, anything else as JSON. Needs `status`."),
    field("headers", Map(&Text)).noted("Needs `status`."),
    nullable("delay_ms", &MILLISECONDS),
    nullable("drop", &Choice(&["before", "after", "during"])).noted("Excludes `status`."),
    nullable("when", &Choice(&["before", "after"])).noted("Needs `status`."),
    field("truncate", Flag).noted("Excludes `slow_ms` and `drop: during`."),
    nullable("slow_ms", &MILLISECONDS),
    field("clock", Any).noted("Seconds or an ISO 8601 duration."),
    field("revoke", Flag),
    nullable(
        "page",
        &Choice(&[
            "missing-link",
            "looping-link",
            "lost-filter",
            "duplicate-ids",
            "short-page",
            "empty-page",
        ]),
    ),
    nullable("calls", &Between(1, 1 << 53)).noted("How many calls it hits; one without `rate`."),
    nullable("rate", &Number).noted("The share of calls that it hits, from 0 to 1."),
    nullable("seed", &Between(0, 1 << 53)).noted("Needs `rate`."),
];

/// What a fault does; at least one of them.
const EFFECTS: [&str; 8] = [
    "status", "drop", "delay_ms", "truncate", "slow_ms", "clock", "revoke", "page",
];

fn fault() -> Value {
    let mut schema = object(FAULT);
    schema["additionalProperties"] = json!(false);
    schema["anyOf"] = EFFECTS.map(|effect| json!({"required": [effect]})).into();
    schema
}
