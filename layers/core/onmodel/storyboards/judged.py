"""Reads what was measured of a take's pictures, and judges it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from onmodel.contracts.datasets import DatasetItem
from onmodel.contracts.drawings import step_of_arm
from onmodel.contracts.judging import JudgedPicture, Judgement
from onmodel.contracts.keys import DatasetKeys, StoryboardKeys
from onmodel.contracts.panels import DrawnPanel, PanelItem
from onmodel.contracts.questions import StoryboardQuestions
from onmodel.contracts.trainings import Checkpoint
from onmodel.errors import NotFound
from onmodel.formats.jsonl import read_lines
from onmodel.formats.npy import from_npy
from onmodel.judging.checkpoints import DrawnByCheckpoint, choose_checkpoint
from onmodel.judging.judge import Drawn, Known, judge_pictures
from onmodel.ports.storage import ObjectStore
from onmodel.storyboards.scene_questions import read_questions


def judge_take(
    studio: ObjectStore,
    keys: StoryboardKeys,
    dataset: DatasetKeys,
    panels: Sequence[tuple[PanelItem, DrawnPanel]],
    *,
    names: Mapping[str, str],
    checkpoints: Sequence[Checkpoint] = (),
    lacking: str = "",
    simulated: bool = False,
) -> Judgement | None:
    """The numbers of a take; None when no picture of it was measured, or the dataset is gone.

    Args:
        studio: holds the vectors of the panels and of the dataset.
        keys: of the take.
        dataset: that the pictures were compared with.
        panels: all of the take.
        names: of characters for people, by slug.
        checkpoints: that the trainer of the model kept.
        lacking: what cannot be said because an arm was not drawn; see `undrawn_arms`.
        simulated: whether a local stack drew the pictures.
    """
    pictures = [drawn for item, panel in panels for drawn in _drawn(studio, keys, item, panel)]
    if not pictures:
        return None
    try:
        items = read_lines(DatasetItem, studio.get(dataset.items))
        vectors = from_npy(studio.get(dataset.vectors))
    except NotFound:
        return None
    judgement = _judged(pictures, Known(items, vectors, names), read_questions(studio, keys))
    judgement = judgement.model_copy(update={"simulated": simulated})
    if lacking:
        judgement = judgement.model_copy(update={"notices": (*judgement.notices, lacking)})
    judged = {picture.key: picture for picture in judgement.pictures}
    by_step = {
        step: _of_arm([picture for picture in pictures if picture.arm == arm], judged)
        for arm in dict.fromkeys(picture.arm for picture in pictures)
        if (step := step_of_arm(arm)) is not None
    }
    chosen = choose_checkpoint(by_step, checkpoints)
    if chosen is None:
        return judgement
    step, why = chosen
    return judgement.model_copy(update={"checkpoint": step, "advice": (*judgement.advice, why)})


def _judged(pictures: Sequence[Drawn], known: Known, asked: StoryboardQuestions) -> Judgement:
    """Also told: scenes about which a model wrote no questions."""
    judgement = judge_pictures(pictures, known, asked.why_none)
    unwritten = tuple(
        f"A model wrote no usable questions about scene {scene.scene}: {scene.fault}"
        for scene in asked.scenes
        if scene.fault
    )
    return judgement.model_copy(update={"notices": (*judgement.notices, *unwritten)})


def _of_arm(pictures: Sequence[Drawn], judged: Mapping[str, JudgedPicture]) -> DrawnByCheckpoint:
    identity: dict[int, list[float]] = defaultdict(list)
    for picture in pictures:
        identity[picture.scene] += judged[picture.key].identity.values()
    return DrawnByCheckpoint(
        {scene: values for scene, values in identity.items() if values},
        [judged[picture.key].copy_of is not None for picture in pictures],
    )


def _drawn(
    studio: ObjectStore, keys: StoryboardKeys, item: PanelItem, panel: DrawnPanel
) -> Iterator[Drawn]:
    """Pictures of a panel that was measured after vectors were kept."""
    measured = [
        (picture.key, picture.score, picture.score.row)
        for picture in panel.pictures
        if picture.score and picture.score.row is not None
    ]
    if not measured:
        return
    vectors = from_npy(studio.get(keys.panel_vectors(item.panel)))
    for key, score, row in measured:
        yield Drawn(
            key=key,
            scene=item.planned.number,
            arm=item.planned.arm,
            expected=item.planned.characters,
            vector=vectors[row],
            figures=None
            if score.figures is None
            else [vectors[figure.row] for figure in score.figures],
            nearest_crop=score.nearest_crop,
            nearest_similarity=score.nearest_similarity,
            structure=score.structure,
            answers=score.answers,
        )
