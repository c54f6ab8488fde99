"""Write the questions that a model will be asked about the pictures of a take."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from onmodel.contracts.keys import StoryboardKeys
from onmodel.contracts.panels import PanelItem, PlannedPanel
from onmodel.contracts.questions import SceneQuestions, StoryboardQuestions
from onmodel.contracts.settings import Settings
from onmodel.contracts.storyboards import WriteQuestionsRequest
from onmodel.errors import EventRefused, NotFound
from onmodel.films.production import characters_of
from onmodel.formats.jsonl import read_lines
from onmodel.money.usage import UsageMeter
from onmodel.ports.models import CaptionModel
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.storyboards.scene_questions import QuestionWriter

CALLS_AT_ONCE = 4
"""A hundred scenes of some seconds each must end within one invocation."""

SWITCHED_OFF = "no questions are asked: storyboard.questions is false in settings.yaml"


def write_questions(
    request: WriteQuestionsRequest,
    *,
    registry: Registry,
    studio: ObjectStore,
    model: CaptionModel,
    meter: UsageMeter,
) -> None:
    """Write questions.json of a take, once for all its arms; a repeat writes nothing.

    Nothing is written, and nobody asked, for a take without a dataset: its pictures are not judged.

    Args:
        request: the take.
        registry: holds the characters.
        studio: holds the take.
        model: writes the questions; its paid answers are cached by content.
        meter: what was paid for and what was reused.

    Raises:
        EventRefused: the take was never planned.
        Throttled, ServiceUnavailable, AccessDenied: from the model's service. The machine then
            goes on without questions.
    """
    plan = request.storyboard
    if plan.take is None:
        raise EventRefused(f"No take of {plan.name} was planned in {plan.production}")
    keys = StoryboardKeys(plan.production, plan.name, plan.take)
    if _exists(keys.questions, studio):
        return
    settings = Settings.from_stored(studio.get(keys.settings))
    if not settings.storyboard.questions:
        _put(StoryboardQuestions(why_none=SWITCHED_OFF), keys, studio)
        return
    items = read_lines(PanelItem, studio.get(keys.plan))
    if all(item.dataset_id is None and item.deployment_id is None for item in items):
        return
    known = characters_of(plan.production, settings, registry)
    writer = QuestionWriter(model)

    def of_scene(planned: PlannedPanel) -> SceneQuestions:
        characters = [known[slug] for slug in planned.characters if slug in known]
        return writer.write(planned.number, planned.scene, characters)

    scenes = {item.planned.number: item.planned for item in items}
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        written = tuple(pool.map(of_scene, scenes.values()))
    _put(StoryboardQuestions(scenes=written, usage=meter.usage()), keys, studio)


def _exists(key: str, studio: ObjectStore) -> bool:
    try:
        studio.head(key)
    except NotFound:
        return False
    return True


def _put(questions: StoryboardQuestions, keys: StoryboardKeys, studio: ObjectStore) -> None:
    studio.put(keys.questions, questions.model_dump_json(indent=2).encode(), "application/json")
