"""From an HTTP request to an operation and back, by botocore's model of the service."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel, StructureShape
from botocore.utils import parse_timestamp

from onmodel_local.standins.errors import AnswerMalformedError, ServiceFault
from onmodel_local.standins.faults import CallControl
from onmodel_local.standins.shapes import ShapeMismatchError, decode, encode, violations

logger = logging.getLogger("onmodel.local")

ReadUri = Callable[[str], bytes]
"""s3:// URI → bytes with the caller's rights; raises ServiceFault."""

Response = tuple[int, dict[str, str], bytes]
Query = Mapping[str, list[str]]
Tags = dict[str, str]
"""Of a resource, by key."""
_headers: ContextVar[Mapping[str, str]] = ContextVar("request_headers", default={})  # noqa: B039

_ROOT = "Credential=test/"
"""The key in the signature of a caller without a role: see onmodel_local.stack.environment."""

Operation = Callable[[dict[str, Any]], Any]
"""Members of the request to members of the answer; may be a coroutine function."""

# codes that every AWS service may answer with, whatever its model lists
_COMMON_STATUS = {
    "AccessDeniedException": 403,
    "ThrottlingException": 400,
    "ServiceUnavailable": 503,
    "ServiceUnavailableException": 503,
    "InternalFailure": 500,
    "InternalServerError": 500,
    "ValidationException": 400,
    "SerializationException": 400,
}


def request_headers() -> Mapping[str, str]:
    """Headers of the request that this task or thread answers: they identify the caller."""
    return _headers.get()


@lru_cache(maxsize=8)
def service_model(name: str) -> ServiceModel:
    """Botocore's model; loading takes some 20 ms, so once."""
    return botocore.session.get_session().get_service_model(name)


@dataclass
class StandIn:
    """One simulated service.

    Args:
        name: botocore's service name.
        operations: what is simulated, by operation name.
        invalid: error code for requests that break the model.
        call_control: faults to inject, counts to keep.
    """

    name: str
    operations: Mapping[str, Operation]
    invalid: str
    call_control: CallControl

    @property
    def model(self) -> ServiceModel:
        return service_model(self.name)

    async def handle(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, query: Query
    ) -> Response:
        """The signature of ministack's service handlers."""
        outcome, operation = "ok", None
        _headers.set(headers)
        try:
            operation, labels = self._find(method, path, headers)
            return await self._answer(operation, labels, headers, body, query)
        except ServiceFault as fault:
            outcome = fault.code
            return self._fault(operation, fault)
        except AnswerMalformedError as fault:
            outcome = "InternalServerError"
            logger.exception("%s answered outside its model", self.name)
            return self._fault(operation, ServiceFault(outcome, str(fault)))
        finally:
            called = operation.name if operation else f"{method} {path}"
            by_root = _ROOT in headers.get("authorization", "")
            self.call_control.count(self.name, called, outcome, by_root=by_root)
            logger.info("simulated %s %s: %s", self.name, called, outcome)

    async def _answer(
        self, operation: OperationModel, labels: Mapping[str, str],
        headers: Mapping[str, str], body: bytes, query: Query,
    ) -> Response:  # fmt: skip
        request = self._read(operation, labels, headers, body, query)
        await self._injected(operation, request)
        answer = self.operations[operation.name](request)
        if inspect.isawaitable(answer):
            answer = await answer
        return self._write(operation, answer)

    async def _injected(self, operation: OperationModel, request: dict[str, Any]) -> None:
        fault = self.call_control.take(self.name, operation.name, str(request))
        if fault is None:
            return
        if fault.latency_seconds:
            await asyncio.sleep(fault.latency_seconds)
        if fault.error:
            raise ServiceFault(fault.error, fault.message)

    # ── requests ─────────────────────────────────────────────────────────────────────────────────

    def _find(
        self, method: str, path: str, headers: Mapping[str, str]
    ) -> tuple[OperationModel, dict[str, str]]:
        if self.model.protocol == "json":
            name = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
            labels: dict[str, str] = {}
        else:
            name, labels = self._match(method, path)
        if not name or name not in self.operations:
            raise ServiceFault(
                "UnknownOperationException",
                f"{name or method + ' ' + path} of {self.name} is not simulated here",
            )
        return self.model.operation_model(name), labels

    @cached_property
    def _routes(self) -> list[tuple[str, re.Pattern[str], str]]:
        """Method, path, operation; paths with more fixed text first."""
        found = []
        for name in self.model.operation_names:
            http = self.model.operation_model(name).http
            uri = http["requestUri"].split("?")[0]
            fixed = re.sub(r"\{(\w+)\+?\}", "\0", uri)
            pattern = re.escape(uri).replace(r"\{", "{").replace(r"\}", "}").replace(r"\+", "+")
            # identifiers may be ARNs, whose slashes arrive decoded
            pattern = re.sub(r"\{(\w+)\+?\}", r"(?P<\1>.+)", pattern)
            found.append((len(fixed), http["method"], re.compile(pattern + "/?"), name))
        return [(m, p, n) for _, m, p, n in sorted(found, key=lambda route: -route[0])]

    def _match(self, method: str, path: str) -> tuple[str, dict[str, str]]:
        for verb, pattern, name in self._routes:
            if verb == method and (found := pattern.fullmatch(path)):
                return name, found.groupdict()
        return "", {}

    def _read(
        self, operation: OperationModel, labels: Mapping[str, str],
        headers: Mapping[str, str], body: bytes, query: Query,
    ) -> dict[str, Any]:  # fmt: skip
        shape = operation.input_shape
        if shape is None:
            return {}
        try:
            request = self._decode(shape, labels, headers, body, query)
        except (ShapeMismatchError, UnicodeDecodeError, json.JSONDecodeError) as fault:
            raise ServiceFault("SerializationException", str(fault)) from fault
        broken = list(violations(shape, request))
        if broken:
            count = f"{len(broken)} validation error{'s' if len(broken) > 1 else ''} detected: "
            raise ServiceFault(self.invalid, count + "; ".join(broken))
        return request

    def _decode(
        self, shape: StructureShape, labels: Mapping[str, str],
        headers: Mapping[str, str], body: bytes, query: Query,
    ) -> dict[str, Any]:  # fmt: skip
        payload = shape.serialization.get("payload")
        if payload and shape.members[payload].type_name == "blob":
            request: dict[str, Any] = {payload: body}
        else:
            request = decode(shape, json.loads(body or b"{}"))
        for name, member in shape.members.items():
            where = member.serialization.get("location")
            wire = member.serialization.get("name", name)
            if where == "uri":
                request[name] = labels[wire]
            elif where == "header" and wire.lower() in headers:
                request[name] = headers[wire.lower()]
            elif where == "querystring" and wire in query:
                request[name] = _from_text(member.type_name, query[wire])
        return request

    # ── answers ──────────────────────────────────────────────────────────────────────────────────

    def _write(self, operation: OperationModel, answer: dict[str, Any]) -> Response:
        shape = operation.output_shape
        headers = {"Content-Type": "application/json"}
        status = int(operation.http.get("responseCode", 200))
        if self.model.protocol == "json":
            headers["Content-Type"] = f"application/x-amz-json-{self.model.metadata['jsonVersion']}"
        if shape is None:
            return status, headers, b"{}"
        if broken := list(violations(shape, answer)):
            raise AnswerMalformedError(f"{operation.name}: {'; '.join(broken)}")
        body = dict(answer)
        for name, member in shape.members.items():
            if member.serialization.get("location") == "header" and name in body:
                headers[member.serialization["name"]] = str(body.pop(name))
        payload = shape.serialization.get("payload")
        if payload and shape.members[payload].type_name == "blob":
            return status, headers, body[payload]
        timestamps = "iso8601" if self.model.protocol == "rest-json" else "unix"
        return status, headers, json.dumps(encode(shape, body, timestamps)).encode()

    def _fault(self, operation: OperationModel | None, fault: ServiceFault) -> Response:
        status = _COMMON_STATUS.get(fault.code, 400)
        for shape in operation.error_shapes if operation else ():
            if fault.code in (shape.name, shape.metadata.get("error", {}).get("code")):
                status = int(shape.metadata.get("error", {}).get("httpStatusCode", status))
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": fault.code}
        body = {"__type": fault.code, "message": fault.message, "Message": fault.message}
        return status, headers, json.dumps(body).encode()


def _from_text(type_name: str, values: list[str]) -> object:
    """A query parameter as its shape's type; other text stays text and fails validation."""
    text = values[0]
    if type_name in ("integer", "long"):
        return int(text) if re.fullmatch(r"-?\d+", text) else text
    if type_name == "boolean":
        return text == "true"
    if type_name == "timestamp":
        return parse_timestamp(text)
    return list(values) if type_name == "list" else text
