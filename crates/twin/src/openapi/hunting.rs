//! The three hunting endpoints.

use super::operation::{Answer, Body, Operation};
use super::shape::Shape::{Any, Format, Integer, List, Map, Named, Number, Object, OrNull, Text};
use super::shape::{Shape, field, nullable, required};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::post(
        "/api/advancedqueries/run",
        "runEndpointQuery",
        "Advanced hunting in the `Device*` tables",
        Body::AnyTypeJson(Named("HuntingQuery")),
        Answer::Json(Named("HuntingResult")),
    )
    .noted(LIMITS)
    .refuses(&[500, 501, 504]),
    Operation::post(
        "/api/advancedhunting/run",
        "runXdrQuery",
        "Advanced hunting in all tables",
        Body::AnyTypeJson(Named("HuntingQuery")),
        Answer::Json(Named("HuntingResult")),
    )
    .noted(LIMITS)
    .refuses(&[500, 501, 504]),
    Operation::post(
        "/v1.0/security/runHuntingQuery",
        "runHuntingQuery",
        "Advanced hunting in all tables",
        Body::AnyTypeJson(Named("GraphHuntingQuery")),
        Answer::Json(Named("GraphHuntingResult")),
    )
    .noted(LIMITS)
    .refuses(&[500, 501, 504]),
];

const LIMITS: &str = "At most 100,000 rows and 50 MB; the tables reach 30 days back. What the twin's engine cannot do is answered with 501 \
    and its place in the query; a query that runs too long with 504. A used-up budget of run time is answered with 429. An engine that fails \
    (a fault of the twin) is answered with 500.";

const QUERY: super::shape::Field = required("Query", Format("kql"))
    .noted("A query in KQL. The key is `Query` in this letter case.");

pub(super) const SCHEMAS: &[(&str, Shape)] = &[
    ("HuntingQuery", Object(&[QUERY])),
    (
        "GraphHuntingQuery",
        Object(&[
            QUERY,
            nullable("Timespan", &Format("timespan")).noted(
                "ISO 8601: a duration, a start, or two of start, end and duration with a slash. It narrows what is visible.",
            ),
            field("workspaceId", Any).noted("Is not looked at."),
        ]),
    ),
    (
        "HuntingResult",
        Object(&[
            required("Stats", Named("HuntingStats")),
            required(
                "Schema",
                List(&Object(&[required("Name", Text), required("Type", Text)])),
            ),
            required("Results", List(&Map(&Any))),
        ]),
    ),
    (
        "HuntingStats",
        Object(&[
            required("ExecutionTime", Number).noted("Seconds."),
            required(
                "resource_usage",
                Object(&[
                    required("cache", OrNull(&Map(&Any))),
                    required(
                        "cpu",
                        Object(&[
                            required("user", Text),
                            required("kernel", Text),
                            required("total cpu", Text),
                        ]),
                    ),
                    required("memory", Object(&[required("peak_per_node", Integer)])),
                ]),
            ),
            required(
                "dataset_statistics",
                List(&Object(&[
                    required("table_row_count", Integer),
                    required("table_size", Integer),
                ])),
            ),
        ]),
    ),
    (
        "GraphHuntingResult",
        Object(&[
            required("@odata.context", Text),
            required(
                "schema",
                List(&Object(&[required("name", Text), required("type", Text)])),
            ),
            required("results", List(&Map(&Any))).noted(
                "Beside a cell may stand its type as `Column@odata.type`; a cell without a value is `{}`.",
            ),
        ]),
    ),
];
