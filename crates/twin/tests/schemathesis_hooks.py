"""Texts that the formats of the twin's OpenAPI document stand for, for Schemathesis.

Run as docs/twin-openapi.md says.
"""

import base64
import json

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
