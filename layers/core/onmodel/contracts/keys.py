"""Names: slugs, ids, and the key of each object in the studio bucket.

Keys are slugs because Bedrock refuses spaces and Unicode in S3 URIs; names for people are kept
beside them.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from slugify import slugify

from onmodel.contracts.films import Run

MAIN_PRODUCTION = "main"


SLUG_LIMIT = 40  # so that an execution's name, which begins with it, has under 80


def slug(name: str) -> str:
    """A slug of at most 40 characters; a name without a letter or digit becomes `x` + a hash."""
    encodable = name.encode(errors="ignore").decode()  # without lone surrogates
    made = slugify(encodable, max_length=SLUG_LIMIT).strip("-")
    return made or "x" + digest(as_typed(name))


def as_typed(name: str) -> str:
    """A name for people: as it was typed, in Unicode NFC. macOS writes file names in NFD."""
    return unicodedata.normalize("NFC", name)


def same_name(name: str) -> str:
    """Equal for names that people take for one name.

    Normal form, case, and whether words are parted by spaces, hyphens or underscores make no
    difference; accents, other letters and signs do, although slugs lose them.
    """
    folded = as_typed(as_typed(name).casefold())
    return " ".join(re.sub(r"[\s_-]+", " ", folded).split()) or folded


def hashed_slug(name: str) -> str:
    """A slug of at most 40 characters that names of another meaning do not share."""
    tail = digest(same_name(name))
    return f"{slug(name)[: SLUG_LIMIT - len(tail) - 1].rstrip('-')}-{tail}"


def digest(value: Mapping[str, Any] | str, length: int = 8) -> str:
    """The first hex digits of SHA-256 over text, or over JSON with sorted keys.

    Text may hold lone surrogates: names that are no Unicode come as such.
    """
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:length]


def fit(name: str, limit: int) -> str:
    """A name of at most `limit` characters: a longer one is cut, and a hash keeps it unique."""
    if len(name) <= limit:
        return name
    tail = digest(name)
    return f"{name[: limit - len(tail) - 1].rstrip('-')}-{tail}"


def film_id(file_name: str, size: int, checksum: str) -> str:
    """slug-xxxxxxxx: the film's first name and its content.

    Args:
        file_name: last segment of the key under which the content was uploaded first.
        size: bytes.
        checksum: S3's full-object CRC64NVME in base64, else the ETag.
    """
    return f"{slug(PurePosixPath(file_name).stem)}-{content_id(size, checksum)}"


def content_id(size: int, checksum: str) -> str:
    """8 hex digits of a film's content: the end of its film_id. Arguments as of `film_id`."""
    return digest(f"{size}:{checksum}")


def run_id(production: str, film: str, settings_hash: str) -> str:
    """A run's key: the film's id and a hash of production and the settings that matter to it."""
    return f"{film}-{digest(f'{production}:{film}:{settings_hash}')}"


def execution_name(run: str, attempt: int) -> str:
    """Step Functions refuses the second start under one name, which makes starting idempotent."""
    return f"{run}-{attempt}"


def execution_arn(machine_arn: str, name: str) -> str:
    """As Step Functions builds it from the machine's and the execution's name."""
    return f"{machine_arn.replace(':stateMachine:', ':execution:', 1)}:{name}"


def crop_id(
    film: str,
    timecode_seconds: float,
    box: tuple[int, int, int, int],
    crop: str,
    figure: int = 0,
) -> str:
    """From film, time, box and crop settings; never from encoded bytes.

    Args:
        film: film_id.
        timecode_seconds: presentation time of the frame; pictures a microsecond apart differ.
        box: left, top, width, height of the window in film pixels.
        crop: hash of the crop settings.
        figure: 0; 1, 2 … for further figures of the frame that have the very same window.
    """
    microseconds = round(timecode_seconds * 1_000_000)
    made_of = f"{film}:{microseconds}:{box}:{crop}" + (f":{figure}" if figure else "")
    return f"{round(timecode_seconds * 1000):09d}-{digest(made_of, 10)}"


def generation_id(number: int) -> str:
    """g0001, g0002 …: the production's generations in order."""
    return f"g{number:04d}"


def dataset_id(generation: str, content: Mapping[str, Any]) -> str:
    """d0001-xxxxxxxx: the generation's number and what the dataset is made of."""
    return f"d{generation.removeprefix('g')}-{digest(content)}"


def accepted_settings_key(production: str) -> str:
    """The key of a production's last valid settings in the studio bucket."""
    return f"{production}/settings.json"


def face_collections(stack: str, production: str | None = None) -> str:
    """The beginning of the ids of a stack's face collections, or of those of one production.

    Neither name has a full stop: the stack `films` does not find those of `films-2`.
    """
    return f"{stack}." if production is None else f"{stack}.{production}."


class FilmKeys:
    """The keys of a film's objects in the studio bucket."""

    def __init__(self, production: str, film: str, samples: str, run: str) -> None:
        self.film = f"{production}/films/{film}"
        self.samples = f"{self.film}/samples/{samples}"
        self.run = f"{self.film}/runs/{run}"

        self.facts = f"{self.samples}/film.json"
        self.packets = f"{self.samples}/packets.npz"
        self.chunks = f"{self.samples}/chunks.jsonl"
        self.pictures = f"{self.samples}/crops"

        self.settings = f"{self.run}/settings.json"
        self.crops = f"{self.run}/crops.jsonl"
        self.vectors = f"{self.run}/vectors.npy"
        self.rejected = f"{self.run}/rejected.jsonl"
        self.names = f"{self.run}/names.jsonl"
        self.naming_usage = f"{self.run}/naming_usage.json"
        self.detector_usage = f"{self.run}/detector_usage.json"
        self.summary = f"{self.run}/summary.json"
        self.refusal = f"{self.run}/refusal.json"
        self.report = f"{self.run}/report/index.html"

    @classmethod
    def of(cls, run: Run) -> FilmKeys:
        return cls(run.production, run.film_id, run.samples_id, run.run_id)

    def chunk(self, index: int) -> ChunkKeys:
        return ChunkKeys(f"{self.samples}/chunks/{index:05d}")

    def picture(self, crop: str, suffix: str) -> str:
        return f"{self.pictures}/{crop}.{suffix}"

    def report_page(self, number: int) -> str:
        """Page 1 is index.html."""
        return self.report if number == 1 else f"{self.run}/report/page-{number}.html"


class ChunkKeys:
    """The keys of one chunk's results; `done` is written last."""

    def __init__(self, prefix: str) -> None:
        self.crops = f"{prefix}/crops.jsonl"
        self.vectors = f"{prefix}/vectors.npy"
        self.rejected = f"{prefix}/rejected.jsonl"
        self.thumbnails = f"{prefix}/thumbnails.jsonl"
        self.done = f"{prefix}/chunk.json"


class DatasetKeys:
    """The keys of a dataset's objects; its pictures are copies, so that they never change."""

    def __init__(self, production: str, dataset: str) -> None:
        self.production = production
        self.dataset_id = dataset
        self.dataset = f"{production}/datasets/{dataset}"
        self.items = f"{self.dataset}/items.jsonl"
        self.vectors = f"{self.dataset}/vectors.npy"
        self.left_out = f"{self.dataset}/left_out.jsonl"
        self.to_caption = f"{self.dataset}/to_caption.jsonl"
        self.to_caption_again = f"{self.dataset}/to_caption_again.jsonl"
        self.settings = f"{self.dataset}/settings.json"
        self.caption_answers = f"{self.dataset}/captions"
        self.captions = f"{self.dataset}/captions.jsonl"
        self.manifest = f"{self.dataset}/manifest.jsonl"
        self.violations = f"{self.dataset}/violations.jsonl"
        self.validation = f"{self.dataset}/validation.jsonl"
        self.annotations = f"{self.dataset}/annotations.jsonl"
        self.summary = f"{self.dataset}/summary.json"
        self.report = f"{self.dataset}/report/index.html"
        self.pictures = f"{self.dataset}/pictures"
        self.loss_curve = f"{self.dataset}/loss_curve.svg"
        self.metrics = f"{self.dataset}/metrics.csv"

    def caption(self, crop: str) -> str:
        """One answer of the captioner."""
        return f"{self.caption_answers}/{crop}.json"

    def picture(self, crop: str, suffix: str) -> str:
        return f"{self.pictures}/{crop}.{suffix}"

    def report_page(self, name: str) -> str:
        return f"{self.dataset}/report/{name}"


class StoryboardKeys:
    """The keys of one take of a storyboard."""

    def __init__(self, production: str, name: str, take: int) -> None:
        self.take = f"{production}/storyboards/{name}/{take}"
        self.storyboard = f"{self.take}/storyboard.json"
        self.settings = f"{self.take}/settings.json"
        self.plan = f"{self.take}/panels.jsonl"
        self.panels = f"{self.take}/panels"
        self.gallery = f"{self.take}/gallery/index.html"
        self.summary = f"{self.take}/summary.json"
        self.drawing = f"{self.take}/drawing.json"
        self.judgement = f"{self.take}/judgement.json"
        self.numbers = f"{self.take}/numbers.csv"
        self.questions = f"{self.take}/questions.json"

    def panel(self, number: int) -> str:
        """The result of one panel: prompt, seeds, pictures, scores."""
        return f"{self.panels}/{number:02d}.json"

    def panel_vectors(self, number: int) -> str:
        """Rows of one panel: its pictures and the figures in them."""
        return f"{self.panels}/{number:02d}.npy"

    def picture(self, number: int, index: int) -> str:
        return f"{self.panels}/{number:02d}-{index}.png"

    def reference(self, character: str, index: int) -> str:
        """A picture of a character, given to the model by the arm `references`."""
        return f"{self.take}/references/{character}-{index}.jpg"


def training_output(production: str, training: str) -> str:
    """The prefix, ending in a slash, under which the trainer writes what it made."""
    return f"{production}/trainings/{training}/"
