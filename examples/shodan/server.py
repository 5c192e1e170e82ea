"""A stand-in for Shodan on this computer: it knows two addresses of the demo tenant's story, found by one search.

    python3 examples/shodan/server.py

Answers `/api-info` and `/shodan/host/search` as developer.shodan.io/api describes them, to any key.
"""

import json
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

ADDRESS = ("127.0.0.1", 9310)
FOUND = {'ssl:"P18055077"': ["203.0.113.7", "198.51.100.77"]}


def banners(query):
    """What was seen of the addresses that `query` finds, just now."""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return [{"ip_str": address, "port": 443, "timestamp": now} for address in FOUND.get(query, [])]


def answer(url):
    """The answer to a call, or nothing where there is no such call."""
    query = parse_qs(url.query)
    if url.path == "/api-info":
        return {"query_credits": 100}
    if url.path == "/shodan/host/search":
        all_banners = banners(query.get("query", [""])[0])
        is_first_page = query.get("page", ["1"])[0] == "1"
        return {"matches": all_banners if is_first_page else [], "total": len(all_banners)}
    return None


class Handler(BaseHTTPRequestHandler):
    """One call."""

    def do_GET(self):
        found = answer(urlsplit(self.path))
        body = json.dumps(found if found is not None else {"error": "there is no such call"}).encode()
        self.send_response(200 if found is not None else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    print("Shodan's stand-in on http://%s:%d until Ctrl-C" % ADDRESS)
    try:
        HTTPServer(ADDRESS, Handler).serve_forever()
    except KeyboardInterrupt:
        pass
