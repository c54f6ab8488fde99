from __future__ import annotations

import time
from dataclasses import dataclass

import pytest

from onmodel_local import idle_workers
from onmodel_local.idle_workers import end_idle


@dataclass(eq=False)
class Worker:
    last_used: float
    in_use: bool = False


def test_workers_when_nobody_called_them_for_a_while_then_ended_unless_they_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = time.time()
    idle, working, recent = Worker(now - 200), Worker(now - 200, in_use=True), Worker(now - 5)
    pools = {"a": [idle], "b": [working, recent]}
    killed: list[Worker] = []
    monkeypatch.setattr(idle_workers.lambda_runtime, "_workers", pools)
    monkeypatch.setattr(idle_workers.lambda_runtime, "kill_workers", killed.extend)
    assert end_idle(after_seconds=120) == 1
    assert killed == [idle]
    assert pools == {"b": [working, recent]}
