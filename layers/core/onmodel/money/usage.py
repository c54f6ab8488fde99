"""Counts of paid calls, by the items of the price book."""

from __future__ import annotations

import threading
from collections import defaultdict

from onmodel.contracts.base import Usage


def bedrock_item(model: str) -> str:
    """The price book's key of a model on Bedrock."""
    return f"bedrock.{model}"


def token_usage(model: str, tokens_in: int, tokens_out: int) -> tuple[Usage, ...]:
    """The usage of one call of a text model, in thousands of tokens."""
    item = bedrock_item(model)
    return (
        Usage(item=f"{item}.input-1k", paid=tokens_in / 1000),
        Usage(item=f"{item}.output-1k", paid=tokens_out / 1000),
    )


def counts_answers(item: str) -> bool:
    """Whether an item is counted by the answer, and not by tokens or hours."""
    return not item.endswith((".input-1k", ".output-1k", "-hour"))


DIGITS = 6
"""Of a sum: thousands of tokens are whole after the third."""


class UsageMeter:
    """Counts paid and reused answers by item; shared by threads.

    Args:
        work: names what is paid for, the same for every attempt, such as a run's chunk. An answer
            that an earlier attempt paid for, and did not live to count, counts as paid. Empty:
            every answer that is found counts as reused.
    """

    def __init__(self, work: str = "") -> None:
        self.work = work
        self._counted: set[str] = set()
        self._lock = threading.Lock()
        self._paid: defaultdict[str, float] = defaultdict(float)
        self._reused: defaultdict[str, float] = defaultdict(float)

    def is_counted_first(self, answer: str) -> bool:
        """Note that an answer, by its key, is counted; False when it was counted before."""
        with self._lock:
            is_first = answer not in self._counted
            self._counted.add(answer)
            return is_first

    def count_paid(self, item: str, count: float = 1) -> None:
        with self._lock:
            self._paid[item] += count

    def count_reused(self, item: str, count: float = 1) -> None:
        with self._lock:
            self._reused[item] += count

    def usage(self) -> tuple[Usage, ...]:
        """By item, in alphabetical order."""
        with self._lock:
            items = sorted(self._paid.keys() | self._reused.keys())
            return tuple(
                Usage(
                    item=item,
                    paid=round(self._paid[item], DIGITS),
                    reused=round(self._reused[item], DIGITS),
                )
                for item in items
            )
