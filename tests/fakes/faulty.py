"""Records which service each function calls, and makes one of these calls fail.

A call is named by function, service and operation: the attributes of Services and their methods.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from onmodel.errors import ServiceUnavailable, Throttled

FAULTS = ("throttle", "500", "reset", "timeout after effect", "killed before", "killed after")


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
        self.was_injected = False

    def around(self, service: str, inner: Any) -> Any:
        return _Proxy(self, service, inner)

    def perform(self, service: str, operation: str, work: Callable[[], Any]) -> Any:
        call = Call(self.function, service, operation)
        self.calls.append(call)
        if call != self._call or self.was_injected:
            return work()
        self.was_injected = True
        match self._fault:
            case "throttle":
                raise Throttled("injected")
            case "500" | "reset":
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
    def __init__(self, faulty: Faulty, service: str, inner: Any) -> None:
        self._faulty, self._service, self._inner = faulty, service, inner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name.startswith("_") or not callable(found) or not self._faulty.function:
            return found

        def called(*args: Any, **named: Any) -> Any:
            return self._faulty.perform(self._service, name, lambda: found(*args, **named))

        return called
