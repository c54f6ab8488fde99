"""Serves the review page on this machine, for a stack on AWS or the local one."""

from __future__ import annotations

import errno
import secrets
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from onmodel.contracts.keys import digest
from onmodel.contracts.settings import AllowedModels
from onmodel.datasets.review_list import newest_dataset
from onmodel.environment import Models
from onmodel.errors import OnmodelError, RefusedError
from onmodel.observability import logger
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import FILMS
from onmodel.steps.review_api import (
    HEADERS,
    LARGEST_BODY,
    ReviewAnswer,
    ReviewApi,
    ReviewCall,
    ReviewSubject,
    fault_answer,
)
from onmodel.steps.review_items import Reviewed, ReviewItems
from onmodel.trainers.catalogue import common_limits
from onmodel.wiring import now
from onmodel_cli.connection import Connection
from onmodel_cli.exports.folder_stack import ReviewedFolder
from onmodel_cli.served_pictures import ServedPictures

PICTURES = {"jpeg": "image/jpeg", "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}

FIRST_PORT = 20_000
PORTS = 10_000
"""Those that reviews use by themselves: systems give ports from 32,768 on to connections."""

NEXT_PORTS = 20
"""Tried when the port of a review is in use."""

KEPT_A_DAY = "private, max-age=86400, immutable"
"""Pictures never change under their addresses."""


class PortTaken(RefusedError):
    """Raised when another program uses the port."""


class ReviewServer(ThreadingHTTPServer):
    """Serves one review on 127.0.0.1, below a secret path."""

    daemon_threads = True

    def __init__(
        self, api: ReviewApi, subject: ReviewSubject, pictures: ServedPictures, port: int = 0
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.api = api
        self.subject = subject
        self.pictures = pictures
        self.prefix = f"/{secrets.token_urlsafe(24)}/"
        self._answers = 0
        self._lock = threading.Lock()

    @property
    def is_answering(self) -> bool:
        """Whether a thread works on an answer now; near-duplicates take minutes."""
        return self._answers > 0

    @contextmanager
    def answering(self) -> Iterator[None]:
        """While it is open, an answer is worked on."""
        with self._lock:
            self._answers += 1
        try:
            yield
        finally:
            with self._lock:
                self._answers -= 1

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{self.prefix}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that leaves the page ends its connections: nothing to tell a person."""
        fault = sys.exc_info()[1]
        if not isinstance(fault, ConnectionError):
            logger.error("A request of the page failed", exc_info=fault)


class _Handler(BaseHTTPRequestHandler):
    """Answers a browser of this machine."""

    server: ReviewServer
    protocol_version = "HTTP/1.1"
    timeout = 60
    SERVED: ClassVar[tuple[str, ...]] = ("files/", "sheets/")

    def do_GET(self) -> None:
        self._serve("GET", "")

    def do_HEAD(self) -> None:
        self._serve("HEAD", "")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._send(fault_answer(400, "bad_request", "The request is too large."))
            return
        self._serve("POST", self.rfile.read(int(length)).decode("utf-8", "replace"))

    def _serve(self, method: str, body: str) -> None:
        with self.server.answering():
            self._serve_path(method, body)

    def _serve_path(self, method: str, body: str) -> None:
        asked = urlsplit(self.path)
        if not secrets.compare_digest(
            asked.path[: len(self.server.prefix)].encode(), self.server.prefix.encode()
        ):
            self._send(fault_answer(404, "not_found", "This is not the address of the review."))
            return
        path = asked.path[len(self.server.prefix) :]
        if method != "POST" and path.startswith(self.SERVED):
            self._picture(unquote(path))
            return
        self._send(self._answer(ReviewCall(method, path, asked.query, body)))

    def _answer(self, call: ReviewCall) -> ReviewAnswer:
        try:
            return self.server.api.answer(self.server.subject, call)
        except RefusedError as fault:
            return fault_answer(409, "bad_request", f"{fault.reason}. {fault.advice}")
        except OnmodelError as fault:
            logger.warning("%s: %s", type(fault).__name__, fault)
            return fault_answer(503, "unavailable", "The stack cannot be reached. Try again.")

    def _picture(self, path: str) -> None:
        data = self.server.pictures.read(path)
        if data is None:
            self._send(fault_answer(404, "not_found", "This picture is gone."))
            return
        kind = PICTURES.get(path.rpartition(".")[2].lower(), "application/octet-stream")
        self._write(200, {**HEADERS, "content-type": kind, "cache-control": KEPT_A_DAY}, data)

    def _send(self, answer: ReviewAnswer) -> None:
        headers = {**answer.headers, "content-type": answer.content_type}
        self._write(answer.status, headers, answer.body.encode())

    def _write(self, status: int, headers: dict[str, str], data: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: the path contains the secret."""


class NothingToReview(RefusedError):
    """Raised when a production has no prepared film."""


def ports_of(reviewed: str) -> range:
    """Ports to try for a review, the same ones each time.

    A browser keeps unsaved decisions for one address and port: on another port it has none.

    Args:
        reviewed: what is reviewed, as a text that nothing else has.
    """
    first = FIRST_PORT + int(digest(reviewed, 8), 16) % PORTS
    return range(first, first + NEXT_PORTS)


def review_server(production: str, connection: Connection, port: int | None = None) -> ReviewServer:
    """A server for a production; its address works after `serve_forever` began.

    Args:
        production: slug.
        connection: to the stack that has the pictures and takes the corrections.
        port: of 127.0.0.1; None takes the production's own, 0 any free one.

    Raises:
        NothingToReview: no film was prepared.
        PortTaken: another program uses this port.
    """
    registry = connection.registry
    if not any(row.body.run is not None for row in FILMS.list(registry, production)):
        raise NothingToReview(
            f"No film of {production} was prepared yet",
            f"Upload one first: `onmodel run FILM -p {production}`",
        )
    return _server(
        Reviewed(production, newest_dataset(production, registry)),
        registry=registry,
        uploads=connection.uploads,
        studio=connection.studio,
        models=connection.environment.read(Models).allowed,
        stack_options=connection.services.stack_options,
        ports=ports_of(f"{connection.studio.bucket}/{production}") if port is None else (port,),
    )


def folder_server(folder: Path, port: int | None = None) -> ReviewServer:
    """A server for an exported folder: corrections are written into it, and no stack is needed.

    Args:
        folder: with the export.
        port: of 127.0.0.1; None takes the folder's own, 0 any free one.

    Raises:
        FolderRefused: it holds no export.
        PortTaken: another program uses this port.
    """
    reviewed = ReviewedFolder(folder)
    return _server(
        Reviewed(reviewed.export.production, reviewed.export.dataset_id),
        registry=reviewed.rows,
        uploads=reviewed.files,
        studio=reviewed.files,
        models=AllowedModels(),
        stack_options="",
        ports=ports_of(str(folder.resolve())) if port is None else (port,),
    )


def _server(
    reviewed: Reviewed,
    *,
    registry: Registry,
    uploads: ObjectStore,
    studio: ObjectStore,
    models: AllowedModels,
    stack_options: str,
    ports: Sequence[int],
) -> ReviewServer:
    pictures = ServedPictures()
    items = ReviewItems(
        registry=registry,
        uploads=uploads,
        studio=studio,
        pictures=pictures,
        clock=now,
        models=models,
        stack_options=stack_options,
    )
    api = ReviewApi(
        items=items, registry=registry, studio=studio, clock=now, limits=common_limits()
    )
    for port in ports:
        try:
            return ReviewServer(api, ReviewSubject(reviewed), pictures, port)
        except OSError as fault:
            if fault.errno != errno.EADDRINUSE:
                raise
    raise PortTaken(
        f"Port {ports[0]} of 127.0.0.1 is in use", "Choose another one with --port, or 0 for any"
    )
