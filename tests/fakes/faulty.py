"""Records which service each function calls, and makes one of these calls fail.

A call is named by function, service and operation: the attributes of Services and their methods,
`rekognition`, `embeddings`, `captions` and `pictures` for the models that are called.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from onmodel.errors import AccessDenied, ServiceUnavailable, Throttled

FAULTS = ("throttle", "500 or reset", "timeout after effect", "killed before", "killed after")
"""After any of these a further call has the same result as the first would have had.

A step cannot tell an answer of 500 from a reset connection: adapters raise the same error for both.
"""

REFUSED = "refused"
"""The role is denied the call: it does not pass by calling again at once."""

PARTS = ("deployer", "drawing_jobs")
"""Attributes of a trainer that make calls of their own."""


class FunctionKilled(BaseException):
    """The function's process ended: nothing in it catches this."""


@dataclass(frozen=True)
class Call:
    function: str
    service: str
    operation: str


class Faulty:
    """The calls of one run, in order, and the fault that the first call of a name meets."""

    def __init__(self, call: Call | None = None, fault: str = "") -> None:
        self.calls: list[Call] = []
        self.function = ""
        self._call, self._fault = call, fault
        self._lock = threading.Lock()  # sample_chunk calls from several threads
        self.was_injected = False

    def around(self, service: str, inner: Any, calls: Collection[str] | None = None) -> Any:
        """Itself, whose calls are recorded: all of its methods, or those that are named."""
        return _Proxy(self, service, inner, calls)

    def perform(self, service: str, operation: str, work: Callable[[], Any]) -> Any:
        call = Call(self.function, service, operation)
        with self._lock:
            self.calls.append(call)
            meets_fault = call == self._call and not self.was_injected
            self.was_injected |= meets_fault
        if not meets_fault:
            return work()
        match self._fault:
            case "throttle":
                raise Throttled("injected")
            case "refused":
                raise AccessDenied("injected")
            case "500 or reset":
                raise ServiceUnavailable("injected")
            case "killed before":
                raise FunctionKilled
        answer = work()
        if self._fault == "killed after":
            raise FunctionKilled
        if self._fault == "timeout after effect":
            raise ServiceUnavailable("injected after the effect")
        return answer


class _Proxy:
    def __init__(
        self, faulty: Faulty, service: str, inner: Any, calls: Collection[str] | None
    ) -> None:
        self._faulty, self._service, self._inner, self._calls = faulty, service, inner, calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name in PARTS and found is not None:
            return self._faulty.around(self._service, found, self._calls)
        if name.startswith("_") or not callable(found) or not self._faulty.function:
            return found
        if self._calls is not None and name not in self._calls:
            return found

        def called(*args: Any, **named: Any) -> Any:
            return self._faulty.perform(self._service, name, lambda: found(*args, **named))

        return called
