"""A hub on 127.0.0.1, with the faults of real ones on demand.

It declares hashes as the tree API does: the SHA-256 of large files, the git blob of small
ones.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LARGE_BYTES = 1000
PAGE = 5
"""Entries of a page; the real hub sends 1,000."""


@dataclass
class HubFake:
    """What it serves and how it fails.

    Attributes:
        files: of the one model, by name.
        declared: hashes that it declares instead of the true ones, by file name.
        cut: bytes after which the connection ends, by file name; once for each number.
        statuses: answers before the file is sent, by file name: a status and headers.
        ranges: whether it knows them.
        redirects: whether a file is sent from another address.
        requests: path and Range of each request for a file's content.
    """

    model: str
    revision: str
    files: dict[str, bytes]
    declared: dict[str, str] = field(default_factory=dict)
    cut: dict[str, list[int]] = field(default_factory=dict)
    statuses: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    ranges: bool = True
    redirects: bool = True
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""

    def fetched(self) -> list[str]:
        """The names of the files whose content was asked for."""
        return [name for name, _ in self.requests]

    def entry(self, name: str) -> dict[str, Any]:
        content = self.files[name]
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        entry: dict[str, Any] = {"type": "file", "path": name, "size": len(content), "oid": blob}
        large = len(content) >= LARGE_BYTES
        if large:
            digest = self.declared.get(name, hashlib.sha256(content).hexdigest())
            entry["lfs"] = {"oid": digest, "size": len(content), "pointerSize": 134}
        else:
            entry["oid"] = self.declared.get(name, blob)
        return entry


@contextmanager
def served(hub: HubFake) -> Iterator[HubFake]:
    """The hub, while it answers at `hub.url`."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: HubFake
    timeout = 10

    def do_GET(self) -> None:
        hub, (path, _, query) = self.hub, self.path.partition("?")
        tree = f"/api/models/{hub.model}/tree/{hub.revision}"
        content = f"/{hub.model}/resolve/{hub.revision}/"
        if path == tree:
            self._send_tree(tree, int(query.rpartition("page=")[2] or 0) if "page=" in query else 0)
        elif path.startswith(content) and path.removeprefix(content) in hub.files:
            name = path.removeprefix(content)
            if hub.redirects:
                self._send(302, b"", {"Location": f"{hub.url}/cdn/{name}"})
            else:
                self._send_file(name)
        elif path.startswith("/cdn/"):
            self._send_file(path.removeprefix("/cdn/"))
        else:
            self._send(404, b"")

    def _send_tree(self, path: str, page: int) -> None:
        hub = self.hub
        folders = {name.rpartition("/")[0] for name in hub.files if "/" in name}
        entries = [{"type": "directory", "path": name, "size": 0, "oid": "0"} for name in folders]
        entries += [hub.entry(name) for name in hub.files]
        shown, rest = entries[page * PAGE : (page + 1) * PAGE], entries[(page + 1) * PAGE :]
        more = {"Link": f'<{hub.url}{path}?recursive=true&page={page + 1}>; rel="next"'}
        self._send(200, json.dumps(shown).encode(), more if rest else {})

    def _send_file(self, name: str) -> None:
        hub, asked = self.hub, self.headers.get("Range")
        hub.requests.append((name, asked))
        if hub.statuses.get(name):
            status, headers = hub.statuses[name].pop(0)
            self._send(status, b"", headers)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and hub.ranges else 0
        body = hub.files[name][start:]
        cut = hub.cut[name].pop(0) if hub.cut.get(name) else len(body)
        self._send(206 if start else 200, body[:cut], {}, length=len(body))

    def _send(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, length: int = -1
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length < 0 else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Requests are no part of a test's output."""
