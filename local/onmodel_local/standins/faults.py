"""Faults and latencies that tests inject into calls, and the number of calls."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class InjectedFault:
    """A fault for the next calls of an operation.

    `error` is an AWS error code; empty injects only the delay. `times` is the number of calls; None
    lasts until faults are cleared. `text` restricts it to requests that contain it (a prompt, a
    name). `answer` requests an unusual answer instead of an error; its kinds depend on the
    operation.
    """

    service: str
    operation: str
    error: str = ""
    message: str = "injected by a test"
    times: int | None = 1
    latency_seconds: float = 0.0
    text: str = ""
    answer: str = ""


@dataclass
class CallControl:
    """All injected faults and counted calls of one emulator; thread-safe."""

    _faults: list[InjectedFault] = field(default_factory=list)
    _calls: Counter[str] = field(default_factory=Counter)
    _of_root: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def order(self, fault: InjectedFault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, service: str, operation: str, request: str) -> InjectedFault | None:
        """The first error or delay for this call; reduces its `times` by one."""
        return self._use(service, operation, request, odd=False)

    def odd_answer(self, service: str, operation: str, request: str) -> str | None:
        """The kind of unusual answer for this call; reduces its `times` by one."""
        fault = self._use(service, operation, request, odd=True)
        return fault.answer if fault else None

    def _use(
        self, service: str, operation: str, request: str, *, odd: bool
    ) -> InjectedFault | None:
        with self._lock:
            for fault in self._faults:
                if (fault.service, fault.operation) != (service, operation):
                    continue
                if bool(fault.answer) != odd or fault.text not in request:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._faults.remove(fault)
                return fault
        return None

    def count(self, service: str, operation: str, outcome: str, *, by_root: bool = False) -> None:
        """Count a call. `outcome` is "ok" or an error code; functions do not call by root."""
        name = f"{service}/{operation}/{outcome}"
        with self._lock:
            self._calls[name] += 1
            if by_root:
                self._of_root[name] += 1

    def calls(self, *, of_root: bool = False) -> dict[str, dict[str, dict[str, int]]]:
        """{service: {operation: {outcome: number}}}, of all callers or of root alone."""
        counts: dict[str, dict[str, dict[str, int]]] = {}
        with self._lock:
            for name, number in sorted((self._of_root if of_root else self._calls).items()):
                service, operation, outcome = name.split("/", 2)
                counts.setdefault(service, {}).setdefault(operation, {})[outcome] = number
        return counts

    def reset_calls(self) -> None:
        with self._lock:
            self._calls.clear()
            self._of_root.clear()
