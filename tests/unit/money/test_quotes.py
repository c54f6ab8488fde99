from decimal import Decimal

import pytest

from onmodel.contracts.base import Box, Usage
from onmodel.contracts.films import FilmFacts
from onmodel.contracts.finders import FinderSettings
from onmodel.contracts.namers import NamingSettings
from onmodel.contracts.sampling_settings import Sampling
from onmodel.contracts.settings import Settings, TrainingSettings
from onmodel.contracts.trainings import Work
from onmodel.money.pricebook import PriceBook
from onmodel.money.quotes import (
    expected_crops,
    expected_frames,
    film_quote,
    most_captions,
    used,
)

BOOK = PriceBook.load()
FILM = FilmFacts(
    container="mp4",
    codec="h264",
    width=1280,
    height=720,
    duration_seconds=596.0,
    frames_per_second=24,
    picture=Box(left=0, top=0, width=1280, height=720),
    size_bytes=50_200_000,
)


def test_quote_film_when_ten_minutes_then_labels_and_embeddings_by_frame() -> None:
    quote = film_quote(FILM, Settings(), BOOK)
    lines = {line.item: line for line in quote.bill.lines}
    assert lines["rekognition.detect-labels"].usd == Decimal("0.596")
    assert lines["bedrock.amazon.titan-embed-image-v1"].paid == 2 * 894
    assert quote.bill.total_usd is not None
    assert Decimal("0.70") < quote.bill.total_usd < Decimal("0.75")
    assert any("596 frames" in assumption for assumption in quote.assumptions)


@pytest.mark.parametrize(
    ("sampling", "how"),
    [
        (Sampling(interval_seconds=1.5), "one every 1.5 s"),
        (Sampling(mode="fps", frames_per_second=4), "one every 0.25 s"),
        (Sampling(mode="keyframes"), "a keyframe every 2 s"),
        (Sampling(mode="scene", frames_per_shot=7), "7 a shot of 3 s"),
    ],
)
def test_quote_film_when_sampled_in_any_way_then_the_assumption_says_how(
    sampling: Sampling, how: str
) -> None:
    first = film_quote(FILM, Settings(sampling=sampling), BOOK).assumptions[0]
    assert f"frames are sampled ({how}), none dropped" in first


@pytest.mark.parametrize(
    ("film", "settings", "paid"),
    [
        # (596 s × 2.01/60 × 0.444 of 1080p + 596 frames × 0.4 s) × 2.9375 GB; 20 + 3 × 10 chunks
        (FILM, Settings(), (596, 1788, 726.4, 22e-6, 0.05)),
        # two hours of 8K: 16 times the pixels of 1080p; one figure a frame; 24 chunks of 300 s
        (
            FILM.model_copy(update={"width": 7680, "height": 4320, "duration_seconds": 7200.0}),
            Settings(
                sampling=Sampling(interval_seconds=10, chunk_seconds=300),
                finder=FinderSettings(max_figures=1),
                naming=NamingSettings(threshold=0.65),
            ),
            (720, 720, 12_182.4, 36e-6, 0.092),
        ),
    ],
)
def test_quote_film_when_priced_then_each_item_by_its_own_measure(
    film: FilmFacts, settings: Settings, paid: tuple[float, ...]
) -> None:
    items = (
        "rekognition.detect-labels",
        "bedrock.amazon.titan-embed-image-v1",
        "lambda.gb-second-arm64",
        "lambda.requests-1m",
        "stepfunctions.transition-1k",
    )
    found = {line.item: float(line.paid) for line in film_quote(film, settings, BOOK).bill.lines}
    assert found == pytest.approx(dict(zip(items, paid, strict=True)))


@pytest.mark.parametrize(
    ("sampling", "frames"),
    [
        (Sampling(interval_seconds=2), 30),
        (Sampling(mode="fps", frames_per_second=5), 300),
        (Sampling(mode="keyframes"), 30),
        (Sampling(mode="scene", frames_per_shot=2), 40),
        (Sampling(interval_seconds=600), 1),
    ],
)
def test_expected_frames_when_a_minute_then_by_mode(sampling: Sampling, frames: int) -> None:
    assert expected_frames(60, sampling) == frames


@pytest.mark.parametrize(
    ("crops", "training", "characters", "captions"),
    [
        (10_737, TrainingSettings(), 4, 1200),
        (900, TrainingSettings(), 4, 900),
        (10_737, TrainingSettings(max_per_character=50), 4, 200),
        (10_737, TrainingSettings(include_unnamed=True), 4, 1500),
        (10_737, TrainingSettings(max_pictures=1000), 4, 1000),
        (10_737, TrainingSettings(), None, 10_000),
        (7158, TrainingSettings(), None, 7158),
    ],
)
def test_most_captions_when_settings_cap_them_then_no_more(
    crops: int, training: TrainingSettings, characters: int | None, captions: int
) -> None:
    assert most_captions(crops, training, characters).count == captions


def test_most_captions_when_counted_then_says_of_how_many_characters() -> None:
    known = most_captions(10_737, TrainingSettings(), 4)
    assert known.assumption == "4 characters, 300 pictures of each at most"
    unknown = most_captions(10_737, TrainingSettings(), None)
    assert unknown.assumption == "how many characters there are is not known"


def test_expected_crops_when_one_figure_a_frame_is_taken_then_as_many_as_frames() -> None:
    assert expected_crops(7158, Settings()) == 10_737
    assert expected_crops(7158, Settings(finder=FinderSettings(max_figures=1))) == 7158


def test_used_when_one_of_several_is_used_then_the_dearest_counts() -> None:
    book = PriceBook.load(b'prices: {fast: "4", slow: "1", kept: "2"}')
    fast, slow = Usage(item="fast", paid=1), Usage(item="slow", paid=3)
    work = Work(usage=(Usage(item="kept", paid=1),), either=(slow, fast))
    assert used(work, book)[1:] == (fast,)
    unknown = Usage(item="unknown", paid=0.1)
    unpriced = work.model_copy(update={"either": (slow, unknown, fast)})
    assert used(unpriced, book)[1:] == (unknown,)


def test_quote_film_when_two_finders_look_then_each_is_counted_and_it_is_said() -> None:
    settings = Settings(finder=FinderSettings(kind=("labels", "faces")))
    quote = film_quote(FILM, settings, BOOK)
    lines = {line.item: line for line in quote.bill.lines}
    assert lines["rekognition.detect-labels"].paid == lines["rekognition.detect-faces"].paid == 596
    assert "each frame is asked about by labels and faces" in quote.assumptions


def test_quote_film_when_faces_alone_look_then_no_label_is_counted() -> None:
    quote = film_quote(FILM, Settings(finder=FinderSettings(kind=("faces",))), BOOK)
    items = {line.item for line in quote.bill.lines}
    assert "rekognition.detect-faces" in items
    assert "rekognition.detect-labels" not in items


def test_quote_film_when_faces_name_then_a_search_for_every_figure_is_counted() -> None:
    settings = Settings(naming=NamingSettings(kind=("faces",)))
    quote = film_quote(FILM, settings, BOOK)
    lines = {line.item: line for line in quote.bill.lines}
    assert lines["rekognition.search-faces-by-image"].paid == 894
    assert "the face of every figure is searched, 894 in all" in quote.assumptions
