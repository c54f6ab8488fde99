"""The review page over HTTP on 127.0.0.1, as a browser asks for it: with faults when wanted."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from drawn.review import picture
from fakes.review_backend import ReviewInMemory
from pydantic import ValidationError

import onmodel.pages
from onmodel.contracts.review import CorrectionsRequest, ReviewFault
from onmodel.steps.review_api import HEADERS

STATIC = Path(onmodel.pages.__file__).parent / "static" / "review"
MODULES = Path(__file__).parent / "modules"
SECRET = "/secret/"


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A browser that leaves a page ends its connections; the test sees every other fault."""


class ReviewServer:
    """One review. `fault` answers every question of the API; `is_online` false answers nothing."""

    def __init__(self, backend: ReviewInMemory) -> None:
        self.backend = backend
        self.is_online = True
        self.fault: tuple[int, ReviewFault] | None = None
        self.posted: list[CorrectionsRequest] = []
        self.bytes_sent: dict[str, int] = {}
        self.may_answer_posts = Event()
        self.may_answer_posts.set()
        self._server = _QuietServer(("127.0.0.1", 0), self._handler())
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}{SECRET}"

    def close(self) -> None:
        self.may_answer_posts.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def log_message(self, *_: Any) -> None:
                """Nothing is printed."""

            def do_GET(self) -> None:
                address = urlsplit(self.path)
                asked = parse_qs(address.query)
                self._answer(*server.get(address.path.removeprefix(SECRET), asked))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(*server.post(self.path.removeprefix(SECRET), body))

            def _answer(self, status: int, kind: str, body: bytes) -> None:
                if status == 0:
                    self.close_connection = True
                    return
                server.bytes_sent[self.path] = len(body)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                for name, value in server.headers(self.path.removeprefix(SECRET)).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        return Handler

    def get(self, path: str, asked: dict[str, list[str]]) -> tuple[int, str, bytes]:
        """Status, content type and body; status 0 ends the connection without an answer."""
        if path == "":
            return 200, "text/html; charset=utf-8", (STATIC / "index.html").read_bytes()
        folder, _, name = path.partition("/")
        if folder in {"static", "modules"}:
            file = (STATIC if folder == "static" else MODULES) / name
            return 200, mimetypes.guess_type(name)[0] or "", file.read_bytes()
        if folder == "pictures":
            return 200, "image/jpeg", picture(name)
        answers = {
            "items": lambda: self.backend.page(asked.get("after", [None])[0]),
            "character": lambda: self.backend.character(asked["name"][0]),
            "groups": lambda: self.backend.groups(float(asked["threshold"][0])),
        }
        if path in answers:
            return self._api(answers[path])
        return _fault(404, ReviewFault(error="there is no such page", code="not_found"))

    def headers(self, path: str) -> dict[str, str]:
        """As the real one sends them: files are kept for a while, answers are not."""
        is_file = path.startswith(("static/", "pictures/"))
        return {**HEADERS, "cache-control": "private, max-age=600"} if is_file else HEADERS

    def post(self, path: str, body: bytes) -> tuple[int, str, bytes]:
        self.may_answer_posts.wait()
        if path == "done":
            return self._api(self.backend.done)
        try:
            request = CorrectionsRequest.model_validate_json(body)
        except ValidationError as refused:
            return _fault(400, ReviewFault(error=str(refused), code="bad_request"))
        if self.is_online:
            self.posted.append(request)
        return self._api(lambda: self.backend.correct(request))

    def _api(self, ask: Any) -> tuple[int, str, bytes]:
        if not self.is_online:
            return 0, "", b""
        if self.fault:
            return _fault(*self.fault)
        return 200, "application/json", ask().model_dump_json().encode()


def _fault(status: int, fault: ReviewFault) -> tuple[int, str, bytes]:
    return status, "application/json", json.dumps(fault.model_dump()).encode()


@contextmanager
def serving(backend: ReviewInMemory) -> Iterator[ReviewServer]:
    server = ReviewServer(backend)
    try:
        yield server
    finally:
        server.close()
