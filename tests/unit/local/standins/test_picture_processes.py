"""The pool is ended when nobody calls it, and never under a call. Threads stand for processes."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from onmodel_local.standins.picture_processes import PictureProcesses


@pytest.fixture
def pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1)


@pytest.fixture
def pictures(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> PictureProcesses:
    pictures = PictureProcesses()
    monkeypatch.setattr(pictures, "_pool", pool)
    return pictures


def is_ended(pool: ThreadPoolExecutor) -> bool:
    try:
        pool.submit(int)
    except RuntimeError:
        return True
    return False


def test_processes_when_nobody_calls_them_then_ended_after_the_time_and_not_before(
    pictures: PictureProcesses, pool: ThreadPoolExecutor
) -> None:
    assert asyncio.run(pictures.run(abs, -7)) == 7
    pictures.end_idle(after_seconds=60)
    assert not is_ended(pool)
    pictures.end_idle(after_seconds=0)
    assert is_ended(pool)
    assert pictures._pool is None


def test_processes_when_they_work_then_not_ended(
    pictures: PictureProcesses, pool: ThreadPoolExecutor
) -> None:
    def look() -> bool:
        pictures.end_idle(after_seconds=-1)
        return is_ended(pool)

    assert asyncio.run(pictures.run(look)) is False
    pictures.end_idle(after_seconds=-1)
    assert is_ended(pool)


def test_processes_when_a_call_fails_then_they_count_as_idle_again(
    pictures: PictureProcesses, pool: ThreadPoolExecutor
) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        asyncio.run(pictures.run(int, "x"))
    pictures.end_idle(after_seconds=-1)
    assert is_ended(pool)
