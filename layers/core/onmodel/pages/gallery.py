"""The gallery of a drawn storyboard: scenes in order, their panels, prompts, seeds and scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from onmodel.contracts.judging import JudgedNumber, JudgedPicture, Judgement
from onmodel.contracts.panels import DrawnPanel, PanelScore, PlannedPanel
from onmodel.contracts.storyboards import Storyboard
from onmodel.formats.wording import person_name, timecode
from onmodel.pages.judgement import arm_name, numbers_view, takes_view, wrong_cast
from onmodel.pages.templating import PageCommands, data_uri, render


@dataclass(frozen=True)
class GalleryPicture:
    """One drawn picture. `href` leads to the full one, '' without; `jpeg` is a preview."""

    jpeg: bytes
    seed: int
    score: PanelScore | None = None
    href: str = ""
    key: str = ""


@dataclass(frozen=True)
class TrainingPicture:
    """A preview of a training picture, and where in which film it is from."""

    jpeg: bytes
    film: str = ""
    seconds: float | None = None

    @property
    def source(self) -> str:
        return self.film if self.seconds is None else f"{self.film} · {timecode(self.seconds)}"


@dataclass(frozen=True)
class GalleryPanel:
    """A planned scene and its pictures; `notice` says why pictures are missing.

    `take` is which of the takes that the storyboard's file asks for.
    """

    planned: PlannedPanel
    pictures: Sequence[GalleryPicture]
    notice: str = ""
    take: int = 1


@dataclass(frozen=True)
class Gallery:
    """All that the page shows.

    Attributes:
        names: by character's slug.
        references: a small picture of each character, likewise.
        training_pictures: that drawn pictures are nearest to, by crop id.
        earlier: numbers of takes before this one, by take.
        options: the trainer's own, in words.
        stack_options: of the command `onmodel`, in the commands on the page.
        numbers_href: of the judgement as CSV.
        judgement_href: likewise as JSON.
    """

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
    training_pictures: Mapping[str, TrainingPicture] | None = None
    credit: str = ""
    judgement: Judgement | None = None
    stack_options: str = ""
    numbers_href: str = ""
    judgement_href: str = ""
    references: Mapping[str, bytes] = field(default_factory=dict)
    earlier: Mapping[int, Sequence[JudgedNumber]] = field(default_factory=dict)


@dataclass(frozen=True)
class Likeness:
    """A score in words; `percent` fills a bar."""

    text: str
    percent: int
    warn: bool = False


@dataclass(frozen=True)
class View:
    """One picture on the page.

    Attributes:
        seed: says what draws this very picture again.
        not_shown: questions about its scene that were answered no.
        training: the training picture that it copies, or else is nearest to.
        training_text: which of both, and how alike they are.
    """

    image: str
    href: str
    seed: str
    likeness: tuple[Likeness, ...]
    training: TrainingPicture | None
    training_image: str
    training_text: str
    alt: str
    not_shown: Sequence[str] = ()


@dataclass(frozen=True)
class SceneView:
    """A scene, and its panels: one for each arm and take."""

    number: int
    text: str
    characters: Sequence[tuple[str, str]]
    """Name, and address of a reference picture; '' without one."""

    panels: Sequence[tuple[GalleryPanel, Sequence[View]]]


def copies(panels: Iterable[DrawnPanel], judgement: Judgement | None) -> dict[str, str]:
    """Training pictures' crop ids that panels copy, by the id of the copy's key.

    The judge's finding where it could measure a threshold; else the settings' own threshold.
    """
    found = {}
    for panel in panels:
        for picture in panel.pictures:
            if copied := _copied(picture.key, picture.score, judgement):
                found[copied] = picture.key
    return found


def nearest_crops(panels: Iterable[DrawnPanel]) -> set[str]:
    """Crop ids of the training pictures that drawn ones are nearest to."""
    return {
        picture.score.nearest_crop
        for panel in panels
        for picture in panel.pictures
        if picture.score and picture.score.nearest_crop
    }


def _copied(key: str, score: PanelScore | None, judgement: Judgement | None) -> str | None:
    judged = judgement.picture(key) if judgement else None
    if judgement is not None and judged is not None and judgement.copy_threshold is not None:
        return judged.copy_of
    return score.copy_of if score else None


def render_gallery(gallery: Gallery) -> bytes:
    """One HTML page, self-contained but for links to the full pictures."""
    drawn = sum(len(panel.pictures) for panel in gallery.panels)
    missing = sum(1 for panel in gallery.panels if not panel.pictures)
    return render(
        "gallery.html.j2",
        gallery=gallery,
        commands=PageCommands(gallery.stack_options, gallery.production),
        credit=gallery.credit,
        arm_name=arm_name,
        title=gallery.storyboard.title or person_name(gallery.name),
        scenes=_scenes(gallery),
        numbers=numbers_view(gallery.judgement, gallery.names) if gallery.judgement else None,
        takes=takes_view(gallery.take, gallery.judgement, gallery.earlier),
        drawn=drawn,
        missing=missing,
    )


def _scenes(gallery: Gallery) -> list[SceneView]:
    by_scene: dict[int, list[GalleryPanel]] = {}
    for panel in gallery.panels:
        by_scene.setdefault(panel.planned.number, []).append(panel)
    return [
        SceneView(
            number=number,
            text=panels[0].planned.scene,
            characters=[
                (gallery.names.get(slug, slug), data_uri(picture) if picture else "")
                for slug in panels[0].planned.characters
                for picture in (gallery.references.get(slug),)
            ],
            panels=[
                (panel, [_view(panel, place, gallery) for place in range(len(panel.pictures))])
                for panel in panels
            ],
        )
        for number, panels in sorted(by_scene.items())
    ]


def _view(panel: GalleryPanel, place: int, gallery: Gallery) -> View:
    picture = panel.pictures[place]
    copied = _copied(picture.key, picture.score, gallery.judgement)
    score = picture.score
    nearest = copied or (score.nearest_crop if score else None)
    training = (gallery.training_pictures or {}).get(nearest) if nearest else None
    judged = gallery.judgement.picture(picture.key) if gallery.judgement else None
    return View(
        image=data_uri(picture.jpeg),
        href=picture.href,
        seed=_seed(panel, place),
        likeness=tuple(_likeness(picture, gallery)),
        training=training,
        training_image=data_uri(training.jpeg) if training else "",
        training_text=_training_text(score, is_copy=copied is not None),
        alt=panel.planned.scene,
        not_shown=judged.not_shown if judged else (),
    )


def _training_text(score: PanelScore | None, *, is_copy: bool) -> str:
    which = "the training picture that it copies" if is_copy else "nearest training picture"
    if score is None or score.nearest_similarity is None:
        return which
    return f"{which}, similarity {score.nearest_similarity:.2f}"


def _seed(panel: GalleryPanel, place: int) -> str:
    """A model that draws several pictures for one seed draws them in the same order again."""
    seed = panel.pictures[place].seed
    same = [n for n, picture in enumerate(panel.pictures) if picture.seed == seed]
    if len(same) == 1:
        return f"seed {seed}"
    return f"seed {seed}, picture {same.index(place) + 1} of {len(same)}"


def _likeness(picture: GalleryPicture, gallery: Gallery) -> Iterator[Likeness]:
    score = picture.score
    if score is None:
        return
    judged = gallery.judgement.picture(picture.key) if gallery.judgement else None
    yield from _characters(score, judged, gallery)
    if score.alignment is not None:
        yield Likeness(f"prompt {score.alignment:.2f}", _percent(score.alignment))
    if judged and judged.prompt is not None:
        yield Likeness(f"prompt {_percent(judged.prompt)} %", _percent(judged.prompt))
    if _copied(picture.key, score, gallery.judgement):
        yield Likeness("copies a training picture", 0, warn=True)


def _characters(
    score: PanelScore, judged: JudgedPicture | None, gallery: Gallery
) -> Iterator[Likeness]:
    """By the judge's scale where there is one, else by the plain similarity."""
    told: dict[str, float] = dict(judged.identity) if judged else {}
    for likeness in score.on_model:
        who = gallery.names.get(likeness.character, person_name(likeness.character))
        if likeness.character in told:
            value = told[likeness.character]
            yield Likeness(f"{who} {value:.2f}", min(100, _percent(value)))
        elif likeness.similarity is None:
            yield Likeness(f"{who}: nothing to compare with", 0)
        else:
            yield Likeness(f"{who} {likeness.similarity:.2f}", _percent(likeness.similarity))
    if judged and judged.cast is not None:
        yield from (Likeness(text, 0, warn=True) for text in wrong_cast(judged, gallery.names))
        return
    expected = {likeness.character for likeness in score.on_model}
    if score.nearest_character and expected and score.nearest_character not in expected:
        other = gallery.names.get(score.nearest_character, person_name(score.nearest_character))
        yield Likeness(f"looks most like {other}", 0, warn=True)


def _percent(similarity: float) -> int:
    return round(100 * max(0.0, similarity))
