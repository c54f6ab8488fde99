"""Control endpoints under /_onmodel, with which tests and the CLI set and read the simulation."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from onmodel_local.simulation import Simulation
from onmodel_local.standins.errors import ControlRefusedError

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

PREFIX = "/_onmodel/"


class Control:
    """An ASGI application that wraps the emulator's."""

    def __init__(self, inner: Application, simulation: Simulation) -> None:
        self._inner = inner
        self._routes: Mapping[tuple[str, str], Callable[[dict[str, Any]], Any]] = (
            simulation.controls()
        )

    async def application(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer requests to /_onmodel/…, and pass all others to the emulator."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._inner(_as_if_encrypted(scope), receive, send)
            return
        status, answer = await self._answer(scope, receive)
        body = json.dumps(answer, default=str).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, Any]:
        route = (scope["method"], scope["path"].removeprefix(PREFIX))
        if route not in self._routes:
            known = [f"{verb} {PREFIX}{path}" for verb, path in self._routes]
            return 404, {
                "message": f"{' '.join(route)} is not a control endpoint",
                "controls": known,
            }
        try:
            order = json.loads(await _body(receive) or b"{}")
            return 200, await asyncio.to_thread(self._routes[route], order)
        except (ControlRefusedError, TypeError, json.JSONDecodeError) as fault:
            return 400, {"message": str(fault)}


def _as_if_encrypted(scope: Scope) -> Scope:
    """The same request, with a header that marks it as sent over TLS.

    Our buckets, topics and queues refuse plain HTTP by policy (aws:SecureTransport); the emulator
    listens on 127.0.0.1 only, without a certificate.
    """
    if scope["type"] != "http":
        return scope
    return {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}


async def _body(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body
