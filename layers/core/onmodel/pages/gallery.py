"""The gallery of a drawn storyboard: scenes in order, their panels, prompts, seeds and scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from onmodel.contracts.drawings import Arm
from onmodel.contracts.storyboards import PanelScore, PlannedPanel, Storyboard
from onmodel.formats.wording import person_name
from onmodel.pages.templating import data_uri, render


@dataclass(frozen=True)
class GalleryPicture:
    """One drawn picture. `href` leads to the full one, '' without; `jpeg` is a preview."""

    jpeg: bytes
    seed: int
    score: PanelScore | None = None
    href: str = ""


@dataclass(frozen=True)
class GalleryPanel:
    """A planned scene and its pictures; `notice` says why pictures are missing."""

    planned: PlannedPanel
    pictures: Sequence[GalleryPicture]
    notice: str = ""


@dataclass(frozen=True)
class Gallery:
    """All that the page shows. `names` is by character's slug; `options` the trainer's own."""

    production: str
    name: str
    take: int
    model: str
    storyboard: Storyboard
    panels: Sequence[GalleryPanel]
    drawn_at: datetime
    names: Mapping[str, str]
    options: str = ""
    notices: Sequence[str] = ()
    training_pictures: Mapping[str, bytes] | None = None
    credit: str = ""


ARMS: Mapping[Arm, str] = {
    "tuned": "the trained model",
    "references": "pictures of the characters given to the untrained model",
    "base": "the untrained model alone",
}


@dataclass(frozen=True)
class Likeness:
    """A score in words; `percent` fills a bar."""

    text: str
    percent: int
    warn: bool = False


@dataclass(frozen=True)
class View:
    image: str
    href: str
    seed: int
    likeness: tuple[Likeness, ...]
    copy_image: str
    alt: str


def render_gallery(gallery: Gallery) -> bytes:
    """One HTML page, self-contained but for links to the full pictures."""
    drawn = sum(len(panel.pictures) for panel in gallery.panels)
    missing = sum(1 for panel in gallery.panels if not panel.pictures)
    return render(
        "gallery.html.j2",
        gallery=gallery,
        credit=gallery.credit,
        arms=ARMS,
        title=gallery.storyboard.title or person_name(gallery.name),
        rows=[
            (panel, [_view(panel, picture, gallery) for picture in panel.pictures])
            for panel in gallery.panels
        ],
        drawn=drawn,
        missing=missing,
    )


def _view(panel: GalleryPanel, picture: GalleryPicture, gallery: Gallery) -> View:
    score = picture.score
    copied = score.copy_of if score else None
    pictures = gallery.training_pictures or {}
    return View(
        image=data_uri(picture.jpeg),
        href=picture.href,
        seed=picture.seed,
        likeness=tuple(_likeness(score, gallery)) if score else (),
        copy_image=data_uri(pictures.get(copied)) if copied else "",
        alt=panel.planned.scene,
    )


def _likeness(score: PanelScore, gallery: Gallery) -> list[Likeness]:
    made = []
    for likeness in score.on_model:
        who = gallery.names.get(likeness.character, person_name(likeness.character))
        if likeness.similarity is None:
            made.append(Likeness(f"{who}: nothing to compare with", 0))
        else:
            made.append(Likeness(f"{who} {likeness.similarity:.2f}", _percent(likeness.similarity)))
    if score.alignment is not None:
        made.append(Likeness(f"prompt {score.alignment:.2f}", _percent(score.alignment)))
    expected = {likeness.character for likeness in score.on_model}
    if score.nearest_character and expected and score.nearest_character not in expected:
        other = gallery.names.get(score.nearest_character, person_name(score.nearest_character))
        made.append(Likeness(f"looks most like {other}", 0, warn=True))
    if score.copy_of:
        made.append(Likeness("copies a training picture", 0, warn=True))
    return made


def _percent(similarity: float) -> int:
    return round(100 * max(0.0, similarity))
