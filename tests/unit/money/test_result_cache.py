from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import cv2
import numpy as np
import pytest
from fakes.cache import InMemoryCache
from fakes.caption_model import FakeCaptionModel
from fakes.embedder import FakeEmbedder
from fakes.faces import FakeFaces, face
from fakes.labels import FakeLabels, figure
from waiting import PATIENCE_SECONDS

from onmodel.contracts.base import Usage
from onmodel.contracts.models import Picture, Turn
from onmodel.errors import AnswerRefused, Throttled
from onmodel.money.result_cache import (
    CachedAnswers,
    CachedEmbedder,
    CachedFaceDetector,
    CachedLabelDetector,
)
from onmodel.money.usage import UsageMeter
from onmodel.ports.models import Instance, Label
from onmodel.ports.storage import CACHE_VALUE_LIMIT_BYTES

LABELS = (figure(0.125, 0.25, 0.5, 0.5, parents=("Animal",)), Label(name="Sky", confidence=60.5))


def jpeg(shade: int) -> bytes:
    pixels = np.full((64, 64, 3), shade, np.uint8)
    pixels[:32] = 255 - shade
    return cv2.imencode(".jpg", pixels)[1].tobytes()


class BrokenCache(InMemoryCache):
    def put(self, key: str, value: bytes) -> None:
        raise Throttled("too many writes")


def test_labels_when_asked_twice_then_paid_once_with_equal_answers() -> None:
    detector, cache, meter = FakeLabels(LABELS), InMemoryCache(), UsageMeter()
    cached = CachedLabelDetector(detector, cache, meter)
    assert cached.detect(b"one") == cached.detect(b"one") == LABELS
    assert detector.pictures == [b"one"]
    assert meter.usage() == (Usage(item="rekognition.detect-labels", paid=1, reused=1),)


def test_labels_when_two_ask_at_the_same_time_then_both_pay_and_the_next_does_not() -> None:
    """What docs/decisions/calls-at-the-same-time-pay-twice.md describes."""
    together = Barrier(2)

    class Slow(FakeLabels):
        def detect(self, jpeg: bytes) -> tuple[Label, ...]:
            together.wait(PATIENCE_SECONDS)  # both have found nothing in the cache
            return super().detect(jpeg)

    detector, cache, meter = Slow(LABELS), InMemoryCache(), UsageMeter()
    cached = CachedLabelDetector(detector, cache, meter)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(cached.detect, [b"one", b"one"])) == [LABELS, LABELS]
    assert cached.detect(b"one") == LABELS
    assert meter.usage() == (Usage(item="rekognition.detect-labels", paid=2, reused=1),)


def test_labels_when_the_attempt_before_paid_and_ended_then_counted_as_paid_once() -> None:
    detector, cache = FakeLabels(LABELS), InMemoryCache()
    CachedLabelDetector(detector, cache, UsageMeter("run/1")).detect(b"one")  # then it is killed
    again = UsageMeter("run/1")
    cached = CachedLabelDetector(detector, cache, again)
    assert cached.detect(b"one") == cached.detect(b"one") == LABELS
    assert again.usage() == (Usage(item="rekognition.detect-labels", paid=1, reused=1),)
    for other in (UsageMeter("run/2"), UsageMeter()):
        CachedLabelDetector(detector, cache, other).detect(b"one")
        assert other.usage() == (Usage(item="rekognition.detect-labels", paid=0, reused=1),)
    assert detector.pictures == [b"one"]


def test_embedder_when_one_attempt_asks_twice_then_paid_once_and_reused_once() -> None:
    cache, meter = InMemoryCache(), UsageMeter("run/1")
    cached = CachedEmbedder(FakeEmbedder(), cache, meter)
    assert np.array_equal(cached.embed(jpeg(10)), cached.embed(jpeg(10)))
    assert meter.usage() == (Usage(item="bedrock.fake-embedder", paid=1, reused=1),)


def test_embedder_when_an_answer_is_of_before_works_had_names_then_reused() -> None:
    cache, meter = InMemoryCache(), UsageMeter("run/1")
    CachedEmbedder(FakeEmbedder(), cache, UsageMeter()).embed(jpeg(10))
    CachedEmbedder(FakeEmbedder(), cache, meter).embed(jpeg(10))
    assert meter.usage() == (Usage(item="bedrock.fake-embedder", paid=0, reused=1),)


def test_labels_when_nothing_was_seen_then_that_is_cached_too() -> None:
    detector = FakeLabels(())
    cached = CachedLabelDetector(detector, InMemoryCache(), UsageMeter())
    assert cached.detect(b"one") == cached.detect(b"one") == ()
    assert len(detector.pictures) == 1


def test_embedder_when_asked_twice_then_paid_once_with_equal_bits() -> None:
    inner, cache, meter = FakeEmbedder(), InMemoryCache(), UsageMeter()
    first = CachedEmbedder(inner, cache, meter).embed(jpeg(10))
    again = CachedEmbedder(inner, cache, meter).embed(jpeg(10))
    assert again.dtype == np.float32
    assert np.array_equal(first, again)
    again[0] = 2.0  # the caller's own array, not the cache's memory
    other = CachedEmbedder(inner, cache, meter).embed(jpeg(200))
    assert not np.array_equal(first, other)
    assert meter.usage() == (Usage(item="bedrock.fake-embedder", paid=2, reused=1),)


def test_embedder_when_model_or_dimensions_differ_then_not_shared() -> None:
    cache, meter = InMemoryCache(), UsageMeter()
    for inner in (FakeEmbedder(256), FakeEmbedder(384), FakeEmbedder(256, model="other")):
        assert CachedEmbedder(inner, cache, meter).embed(jpeg(1)).shape == (inner.dimensions,)
    assert [usage.paid for usage in meter.usage()] == [2, 1]
    assert len(cache.keys()) == 3


@pytest.mark.parametrize(
    "corrupt",
    [
        b"",
        b"x" * 1023,
        np.zeros(256, "<f4").tobytes(),
        np.full(256, np.nan, "<f4").tobytes(),
        np.full(256, 7, "<f4").tobytes(),
        np.full(256, 1.0015 / 16, "<f4").tobytes(),  # a unit vector has 1 / 16 in 256 places
    ],
    ids=["empty", "short", "zero", "nan", "long", "a little too long"],
)
def test_embedder_when_cache_is_corrupt_then_paid_again_and_healed(corrupt: bytes) -> None:
    inner, cache, meter = FakeEmbedder(), InMemoryCache(), UsageMeter()
    cached = CachedEmbedder(inner, cache, meter)
    first = cached.embed(jpeg(10))
    cache.put(cache.keys()[0], corrupt)
    assert np.array_equal(cached.embed(jpeg(10)), first)
    assert np.array_equal(cached.embed(jpeg(10)), first)
    assert meter.usage() == (Usage(item="bedrock.fake-embedder", paid=2, reused=1),)


def test_embedder_when_a_cached_vector_is_rounded_then_used() -> None:
    inner, cache, meter = FakeEmbedder(), InMemoryCache(), UsageMeter()
    cached = CachedEmbedder(inner, cache, meter)
    cached.embed(jpeg(10))
    rounded = np.full(256, 1.0005 / 16, "<f4")
    cache.put(cache.keys()[0], rounded.tobytes())
    assert np.array_equal(cached.embed(jpeg(10)), rounded)
    assert meter.usage() == (Usage(item="bedrock.fake-embedder", paid=1, reused=1),)


@pytest.mark.parametrize("corrupt", [b"", b"{", b'[{"name": 1}]', b"\xff"])
def test_labels_when_cache_is_corrupt_then_paid_again(corrupt: bytes) -> None:
    detector, cache, meter = FakeLabels(LABELS), InMemoryCache(), UsageMeter()
    cached = CachedLabelDetector(detector, cache, meter)
    cached.detect(b"one")
    cache.put(cache.keys()[0], corrupt)
    assert cached.detect(b"one") == LABELS
    assert meter.usage()[0].paid == 2


def test_labels_when_cache_refuses_the_write_then_answer_is_kept() -> None:
    meter = UsageMeter()
    assert CachedLabelDetector(FakeLabels(LABELS), BrokenCache(), meter).detect(b"one") == LABELS
    assert meter.usage()[0].paid == 1


def test_labels_when_answer_is_too_large_then_not_cached_but_answered() -> None:
    box = Instance(left=0.1, top=0.1, width=0.1, height=0.1, confidence=50)
    crowd = (Label(name="Person", confidence=99, instances=(box,) * 6000),)
    assert len(crowd[0].model_dump_json()) > CACHE_VALUE_LIMIT_BYTES
    cache = InMemoryCache()
    assert CachedLabelDetector(FakeLabels(crowd), cache, UsageMeter()).detect(b"crowd") == crowd
    assert cache.keys() == ()


def test_embedder_when_refused_then_neither_counted_nor_cached() -> None:
    cache, meter = InMemoryCache(), UsageMeter()
    with pytest.raises(AnswerRefused):
        CachedEmbedder(FakeEmbedder(), cache, meter).embed(b"no picture")
    assert (meter.usage(), cache.keys()) == ((), ())


def test_faces_when_asked_twice_then_paid_once_and_apart_from_labels() -> None:
    cache, meter = InMemoryCache(), UsageMeter()
    detector = FakeFaces((face(0.1, 0.1, 0.2, 0.2),))
    cached = CachedFaceDetector(detector, cache, meter)
    CachedLabelDetector(FakeLabels(LABELS), cache, UsageMeter()).detect(b"one")
    assert cached.detect(b"one") == cached.detect(b"one") == (face(0.1, 0.1, 0.2, 0.2),)
    assert detector.pictures == [b"one"]
    assert meter.usage() == (Usage(item="rekognition.detect-faces", paid=1, reused=1),)


def question(words: str, picture: bytes = b"jpeg") -> tuple[Turn, ...]:
    return (Turn(role="user", text=words, picture=Picture(format="jpeg", data=picture)),)


def test_answers_when_asked_twice_then_paid_once_by_tokens_with_the_same_answer() -> None:
    model, cache, meter = FakeCaptionModel("[1, 2]"), InMemoryCache(), UsageMeter()
    cached = CachedAnswers(model, {"temperature": 0.0}, cache, meter)
    first, again = (cached.ask(question("where?"), "system") for _ in range(2))
    assert first == again
    assert (first.text, len(model.asked)) == ("[1, 2]", 1)
    item = "bedrock.fake-captions"
    assert meter.usage() == (
        Usage(item=f"{item}.input-1k", paid=1.5, reused=1.5),
        Usage(item=f"{item}.output-1k", paid=0.001, reused=0.001),
    )


def test_answers_when_anything_differs_then_asked_anew() -> None:
    model, cache, meter = FakeCaptionModel("[]"), InMemoryCache(), UsageMeter()
    cached = CachedAnswers(model, {"temperature": 0.0}, cache, meter)
    for words, system, picture in (("a", "s", b"1"), ("b", "s", b"1"), ("a", "t", b"1"),
                                   ("a", "s", b"2")):  # fmt: skip
        cached.ask(question(words, picture), system)
    CachedAnswers(model, {"temperature": 0.5}, cache, meter).ask(question("a", b"1"), "s")
    assert len(model.asked) == 5


def test_answers_when_the_model_refuses_then_paid_once_and_refused_again_from_the_cache() -> None:
    model, cache, meter = FakeCaptionModel(""), InMemoryCache(), UsageMeter()
    cached = CachedAnswers(model, {}, cache, meter)
    for _ in range(2):
        with pytest.raises(AnswerRefused, match="the answer is empty"):
            cached.ask(question("where?"))
    assert len(model.asked) == 1
    assert meter.usage()[0] == Usage(item="bedrock.fake-captions.input-1k", paid=1.5, reused=1.5)


def test_answers_when_the_call_itself_is_refused_then_nothing_is_counted_nor_kept() -> None:
    cache, meter = InMemoryCache(), UsageMeter()

    def refused(_: object) -> str:
        raise AnswerRefused("the picture cannot be read")

    cached = CachedAnswers(FakeCaptionModel(refused), {}, cache, meter)
    with pytest.raises(AnswerRefused, match="cannot be read"):
        cached.ask(question("where?"))
    assert (meter.usage(), cache.keys()) == ((), ())
