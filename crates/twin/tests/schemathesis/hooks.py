"""Signs Schemathesis in to the twin, and gives it texts for the formats of the twin's OpenAPI document.

Run as docs/twin-openapi.md says.
"""

import base64
import json
from urllib.parse import urlencode, urljoin
from urllib.request import urlopen

import schemathesis
from hypothesis import strategies as st

FILTERS = [
    "1 eq 1",
    "'a' ne 'b' and startswith('abc','a')",
    "not (1 gt 2) or contains(tolower('A'),'a')",
    "null eq null",
    "2026-10-01T00:00:00Z le 2026-10-01Z",
    "'x' in ('x','y''z')",
]

QUERIES = [
    "print 1",
    "DeviceInfo | take 3",
    "DeviceProcessEvents | where FileName =~ 'cmd.exe' | summarize count() by DeviceName",
    "let t = datatable(a:string)['x']; t | project b = strcat(a, a)",
    "DeviceNetworkEvents | where Timestamp > ago(1h) | project Timestamp, RemoteIP, AdditionalFields",
]

TIMESPANS = ["P30D", "PT1H", "2026-10-01", "2026-10-01/P1D", "P1D/2026-10-01T00:00:00Z", "2026-10-01/2026-10-02"]


def skiptoken(line):
    token = {"ExportDefinition": {"TimePath": "2026-10-01/0000/"}, "ExportFileIndex": 0, "LineStoppedAt": line}
    return base64.b64encode(json.dumps(token).encode()).decode()


schemathesis.openapi.format("odata-filter", st.sampled_from(FILTERS))
schemathesis.openapi.format("kql", st.sampled_from(QUERIES))
schemathesis.openapi.format("timespan", st.sampled_from(TIMESPANS))
schemathesis.openapi.format("export-skiptoken", st.integers(0, 2**32).map(skiptoken))


@schemathesis.auth(cache_by_key=lambda case, context: context.operation.definition.raw.get("x-audience") or "none")
class TwinTokens:
    """A token for the service of the operation; none where the operation needs none."""

    def get(self, case, context):
        audience = context.operation.definition.raw.get("x-audience")
        if audience is None:
            return None
        twin = context.operation.base_url
        with urlopen(urljoin(twin, "/_twin/tenant")) as answer:
            tenant = json.load(answer)
        app = tenant["apps"][0]
        form = {
            "grant_type": "client_credentials",
            "client_id": app["client_id"],
            "client_secret": app["client_secret"],
            "scope": audience + "/.default",
        }
        with urlopen(urljoin(twin, f"/{tenant['tenant_id']}/oauth2/v2.0/token"), urlencode(form).encode()) as answer:
            return json.load(answer)["access_token"]

    def set(self, case, token, context):
        if token is not None:
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
