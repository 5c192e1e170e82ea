//! Entra's token endpoints, and what it publishes about a tenant.

use super::operation::{Answer, Body, Operation};
use super::shape::Shape::{Choice, Format, Integer, List, Named, Object, Pattern, Text, Words};
use super::shape::{Field, Shape, field, required};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::post(
        "/{tenant}/oauth2/v2.0/token",
        "signIn",
        "A token for an app, v2 endpoint",
        Body::Form(Named("SignInForm")),
        Answer::Json(Named("Token")),
    )
    .noted(CREDENTIALS)
    .segments(TENANT)
    .refuses(&[401, 501]),
    Operation::post(
        "/{tenant}/oauth2/token",
        "signInV1",
        "A token for an app, v1 endpoint",
        Body::Form(Named("SignInFormV1")),
        Answer::Json(Named("TokenV1")),
    )
    .noted(CREDENTIALS)
    .segments(TENANT)
    .refuses(&[401, 501]),
    Operation::post(
        "/{tenant}/oauth2/v2.0/devicecode",
        "askForCode",
        "A code for a person to enter",
        Body::Form(Named("DeviceCodeForm")),
        Answer::Json(Named("DeviceCode")),
    )
    .segments(TENANT)
    .refuses(&[401]),
    Operation::get(
        "/{tenant}/v2.0/.well-known/openid-configuration",
        "getDirectory",
        "What the directory publishes about a tenant",
        Answer::Json(Named("Directory")),
    )
    .segments(TENANT),
];

const CREDENTIALS: &str = "`client_id` and `client_secret` may also come as HTTP Basic credentials. Passwords and redirects of \
    people are answered with 501.";

const TENANT: &[Field] =
    &[required("tenant", Text).noted("The id of the tenant, or one of its domains.")];

const GRANT: Field = required(
    "grant_type",
    Choice(&[
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
        "refresh_token",
    ]),
);
const ASSERTION_TYPE: Field = field(
    "client_assertion_type",
    Choice(&["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"]),
);
const ASSERTION: Field = field("client_assertion", Text);
const CODE: Field = field("device_code", Text);
const REFRESH: Field = field("refresh_token", Text);

pub(super) const SCHEMAS: &[(&str, Shape)] = &[
    (
        "SignInForm",
        Object(&[
            GRANT,
            field("client_id", Text),
            field("client_secret", Text),
            ASSERTION_TYPE,
            ASSERTION,
            CODE,
            REFRESH,
            field("scope", Pattern("^\\S+/\\.default( offline_access)?$"))
                .noted("The audience of the token and `/.default`; not sent with a device code."),
        ]),
    ),
    (
        "SignInFormV1",
        Object(&[
            GRANT,
            field("client_id", Text),
            field("client_secret", Text),
            ASSERTION_TYPE,
            ASSERTION,
            CODE,
            REFRESH,
            required("resource", Words).noted("The audience of the token."),
        ]),
    ),
    (
        "Token",
        Object(&[
            required("token_type", Choice(&["Bearer"])),
            required("expires_in", Integer).noted("Seconds."),
            required("ext_expires_in", Integer),
            required("access_token", Text),
            field("refresh_token", Text),
        ]),
    ),
    (
        "DeviceCodeForm",
        Object(&[
            required("client_id", Text),
            required("scope", Pattern("^\\S+/\\.default( offline_access)?$")),
        ]),
    ),
    (
        "DeviceCode",
        Object(&[
            required("user_code", Text),
            required("device_code", Text),
            required("verification_uri", Format("uri")),
            required("expires_in", Integer).noted("Seconds."),
            required("interval", Integer).noted("Seconds."),
            required("message", Text),
        ]),
    ),
    (
        "TokenV1",
        Object(&[
            required("token_type", Choice(&["Bearer"])),
            required("expires_in", DIGITS),
            required("ext_expires_in", DIGITS),
            required("expires_on", DIGITS),
            required("not_before", DIGITS),
            required("resource", Text),
            required("access_token", Text),
        ]),
    ),
    (
        "Directory",
        Object(&[
            required("token_endpoint", Format("uri")),
            required("token_endpoint_auth_methods_supported", List(&Text)),
            required("issuer", Format("uri")),
            required("tenant_region_scope", Text),
            required("cloud_instance_name", Text),
            required("cloud_graph_host_name", Text),
            required("msgraph_host", Text),
        ]),
    ),
    (
        "SignInError",
        Object(&[
            required("error", Text),
            required("error_description", Text),
            field("error_codes", List(&Integer)),
            field("timestamp", Text),
            field("trace_id", Format("uuid")),
            field("correlation_id", Format("uuid")),
            field("error_uri", Text),
        ]),
    ),
];

const DIGITS: Shape = Pattern("^[0-9]+$");
