"""Gives Schemathesis tokens of the relay, observables that a twin knows, and checks of what status 200 does not tell.

Run as docs/relay-openapi.md says.
"""

import base64
import hashlib
import hmac
import json
import os
from functools import cache
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

import jsonschema_rs
import schemathesis
from hypothesis import strategies as st

TWIN = os.environ.get("TESEM_TWIN", "http://127.0.0.1:9300")
SECRET = os.environ["SECRET_KEY"].encode()
DEFENDER = "https://api.securitycenter.microsoft.com"


def fetched(path, form=None, token=None):
    request = Request(urljoin(TWIN, path), data=form and urlencode(form).encode())
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urlopen(request) as answer:
        return json.load(answer)


TENANT = fetched("/_twin/tenant")
CREDENTIALS = {key: TENANT["apps"][0][key] for key in ("client_id", "client_secret")}

# Observables.

TYPES = ["sha1", "sha256", "md5", "ip", "ipv6", "domain", "ms_machine_id"]
HOSTILE = ["..", "'", '" | take 1', "' or 1 eq 1", "a.b\r\nX: y", "a\0.b", "%2e%2e/x", "::ffff:203.0.113.7", " 203.0.113.7 "]
ACTIONS = [
    "FullIsolation", "SelectiveIsolation", "RunAntiVirusScanQuick", "RunAntiVirusScanFull", "CollectInvestigationPackage",
    "RestrictCodeExecution", "InitiateInvestigation", "Unisolate", "UnrestrictCodeExecution",
    "add-indicator-alert", "add-indicator-alert-and-block", "add-indicator-allowed", "remove-indicator",
]


def known_values():
    form = {"grant_type": "client_credentials", "scope": DEFENDER + "/.default", **CREDENTIALS}
    token = fetched(f"/{TENANT['tenant_id']}/oauth2/v2.0/token", form)["access_token"]
    machines = [machine["id"] for machine in fetched("/api/machines", token=token)["value"]]
    return machines[:5] + [planted["value"] for planted in fetched("/_twin/planted")]


def either(known):
    """Mostly what is known, at times anything."""
    return st.one_of(st.sampled_from(known), st.sampled_from(known), st.text(min_size=1))


schemathesis.openapi.format("observable-type", either(TYPES + ["IP", "url"]))
schemathesis.openapi.format("observable-value", either(known_values() + HOSTILE))
schemathesis.openapi.format("action-id", either([f"microsoft-defender-{action}" for action in ACTIONS]))

# Tokens.


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def token():
    claims = {"tenant_id": TENANT["tenant_id"], **CREDENTIALS}
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    message = b".".join(map(base64url, parts))
    return (message + b"." + base64url(hmac.digest(SECRET, message, hashlib.sha256))).decode()


@schemathesis.auth()
class RelayToken:
    def get(self, case, context):
        return token()

    def set(self, case, token, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}


# Checks.

METHODS = {"/watchdog": "GET", "/metrics": "GET", "/openapi.json": "GET"}


@cache
def validator(schema):
    return jsonschema_rs.validator_for(json.loads(schema))


def refused_constant(name):
    raise ValueError(name)


def number_with_fraction(text):
    """Neither a text nor a number: to JSON Schema 1.0 is an integer, to the relay it is none."""
    return [text]


def is_taken(case, sent):
    """Whether the document takes these bytes as a body of the operation."""
    document = case.operation.schema.raw_schema
    body = document["paths"][case.operation.path]["post"]["requestBody"]
    schema = {"allOf": [body["content"]["application/json"]["schema"]], "components": document["components"]}
    try:
        value = json.loads(sent or b"", parse_constant=refused_constant, parse_float=number_with_fraction)
        json.dumps(value, ensure_ascii=False).encode()
    except ValueError:
        return False
    return validator(json.dumps(schema)).is_valid(value)


@schemathesis.check
def bodies_are_refused_as_documented(ctx, response, case):
    has_body = "requestBody" in case.operation.definition.raw
    if not has_body or response.request.method != "POST":
        return
    codes = {error["code"] for error in response.json().get("errors", [])}
    is_refused = bool(codes & {"invalid payload", "invalid argument"})
    assert is_refused != is_taken(case, response.request.body), f"{codes} for {response.request.body!r}"


@schemathesis.check
def other_methods_are_refused(ctx, response, case):
    method, served = response.request.method, METHODS.get(case.operation.path, "POST")
    if method in (served, "OPTIONS", "HEAD"):
        return
    assert response.status_code == 405, f"{method} {case.operation.path}: {response.status_code}"


@schemathesis.check
def strangers_get_nothing_of_a_tenant(ctx, response, case):
    needs_token = bool(case.operation.definition.raw["security"])
    if not needs_token or response.status_code != 200 or response.request.method == "OPTIONS":
        return
    if "Authorization" not in response.request.headers:
        answer = response.json()
        assert "errors" in answer or not answer["data"], f"{answer} without a token"
