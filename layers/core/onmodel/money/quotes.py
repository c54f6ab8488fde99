"""Quotes of films: what preparing one will cost, and on which assumptions.

Assumptions are chosen so that the real cost is lower rather than higher. What the cache will save
is not counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from onmodel.contracts.base import Contract, Usage
from onmodel.contracts.films import FilmFacts
from onmodel.contracts.sampling_settings import Sampling
from onmodel.contracts.settings import Settings, TrainingSettings
from onmodel.contracts.trainings import Work
from onmodel.formats.wording import listed
from onmodel.money.finder_usage import FRAMES_PER_UNIT_SECOND, finding_usage
from onmodel.money.pricebook import Bill, PriceBook, estimate
from onmodel.money.result_cache import SEARCH_FACES

FIGURES_PER_FRAME = 1.5  # of a cartoon's frames with figures; the demo film has 1 to 2
KEYFRAME_SECONDS = 2.0  # many encoders put one every 2 to 10 s
SHOT_SECONDS = 3.0  # today's films average 3 to 5 s

FUNCTION_GB = 3008 / 1024  # the largest function that a new account may have
DECODE_SECONDS_PER_SECOND = 2.01 / 60  # measured: 1080p H.264, one frame a second, one core
DECODE_PIXELS = 1920 * 1080
FRAME_SECONDS = 0.4  # finding, cutting, encoding and waiting, some of it overlapped
TRANSITIONS_PER_FILM = 20
TRANSITIONS_PER_CHUNK = 3
REQUESTS_PER_FILM = 12


class Quote(Contract):
    """What something will cost, and the assumptions."""

    bill: Bill
    assumptions: tuple[str, ...]


def film_quote(facts: FilmFacts, settings: Settings, book: PriceBook) -> Quote:
    """What preparing a film costs when nothing of it is cached."""
    frames = expected_frames(facts.duration_seconds, settings.sampling)
    figures = _figures_per_frame(settings)
    crops = expected_crops(facts.duration_seconds, settings)
    named_alone = "embeddings" in settings.naming.kind and settings.naming.threshold is None
    by_faces = "faces" in settings.naming.kind
    embeddings = 2 * crops if named_alone else crops
    chunks = math.ceil(facts.duration_seconds / settings.sampling.chunk_seconds)
    size = facts.width * facts.height / DECODE_PIXELS
    seconds = facts.duration_seconds * DECODE_SECONDS_PER_SECOND * size + frames * FRAME_SECONDS
    transitions = TRANSITIONS_PER_FILM + chunks * TRANSITIONS_PER_CHUNK
    usage = (
        *finding_usage(settings.finder, frames),
        Usage(item=f"bedrock.{settings.embedding.model}", paid=embeddings),
        *((Usage(item=SEARCH_FACES, paid=crops),) if by_faces else ()),
        Usage(item="lambda.gb-second-arm64", paid=round(seconds * FUNCTION_GB, 1)),
        Usage(item="lambda.requests-1m", paid=(REQUESTS_PER_FILM + chunks) / 1_000_000),
        Usage(item="stepfunctions.transition-1k", paid=transitions / 1000),
    )
    return Quote(
        bill=estimate(usage, book),
        assumptions=(
            f"{frames:,} frames are sampled ({_how_sampled(settings.sampling)}), none dropped"
            " before it is paid for",
            *_several_looks(settings),
            *_own_model(settings),
            f"{figures:g} figures a frame, so {embeddings:,} embeddings"
            + (", each figure also without its background for its name" if named_alone else "")
            + "; references not counted",
            *((f"the face of every figure is searched, {crops:,} in all",) if by_faces else ()),
            f"{seconds:,.0f} s of functions with {FUNCTION_GB:.2f} GB, on arm64",
            "nothing is in the cache",
            dated(book),
        ),
    )


def _several_looks(settings: Settings) -> tuple[str, ...]:
    kinds = settings.finder.kind
    return (f"each frame is asked about by {listed(kinds)}",) if len(kinds) > 1 else ()


def _own_model(settings: Settings) -> tuple[str, ...]:
    if "custom_labels" not in settings.finder.kind:
        return ()
    asked = settings.finder.custom_labels
    return (
        f"the Custom Labels model answers {FRAMES_PER_UNIT_SECOND:g} frames a second and inference"
        f" unit; it runs for {asked.hours:g} h at most, for all films that are prepared at once",
    )


def expected_frames(duration_seconds: float, sampling: Sampling) -> int:
    """How many frames sampling will yield, at least one."""
    if sampling.mode == "keyframes":
        frames = duration_seconds / KEYFRAME_SECONDS
    elif sampling.mode == "scene":
        frames = duration_seconds / SHOT_SECONDS * sampling.frames_per_shot
    else:
        frames = duration_seconds / sampling.step_seconds
    return max(1, math.ceil(frames))


def expected_crops(duration_seconds: float, settings: Settings) -> int:
    """How many figures will be cut out; near-duplicates are not counted off."""
    frames = expected_frames(duration_seconds, settings.sampling)
    return math.ceil(frames * _figures_per_frame(settings))


def _figures_per_frame(settings: Settings) -> float:
    return min(FIGURES_PER_FRAME, settings.finder.max_figures)


@dataclass(frozen=True)
class MostCaptions:
    """How many captions can be asked for at most, and why not more."""

    count: int
    assumption: str


def most_captions(crops: int, training: TrainingSettings, characters: int | None) -> MostCaptions:
    """One caption for each picture of a dataset, and no more pictures than its settings allow.

    Args:
        crops: that are found.
        training: the caps.
        characters: that the production has; None when it is not known.
    """
    whole = min(crops, training.max_pictures)
    if characters is None:
        return MostCaptions(whole, "how many characters there are is not known")
    groups = characters + training.include_unnamed  # the unnamed are counted as one more
    cap = f"{training.max_per_character:,} pictures of each at most"
    return MostCaptions(
        min(whole, groups * training.max_per_character), f"{characters:,} characters, {cap}"
    )


def _how_sampled(sampling: Sampling) -> str:
    if sampling.mode == "keyframes":
        return f"a keyframe every {KEYFRAME_SECONDS:g} s"
    if sampling.mode == "scene":
        return f"{sampling.frames_per_shot} a shot of {SHOT_SECONDS:g} s"
    return f"one every {sampling.step_seconds:g} s"


def used(work: Work, book: PriceBook) -> tuple[Usage, ...]:
    """What is quoted: of alternatives the dearest, and one without a price before all others."""
    if not work.either:
        return work.usage

    def cost(use: Usage) -> float:
        price = book.price(use.item)
        return math.inf if price is None or price.usd is None else float(price.usd) * use.paid

    return (*work.usage, max(work.either, key=cost))


def dated(book: PriceBook) -> str:
    """How old the prices of a quote are, as its last assumption."""
    return f"prices of {book.dated.isoformat()}"
