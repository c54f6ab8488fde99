"""Draw one panel: the number of pictures asked for, with other seeds where one is filtered."""

from __future__ import annotations

from onmodel.contracts.keys import StoryboardKeys
from onmodel.contracts.panels import DrawnPanel, DrawnPicture, PanelItem, PanelItemRequest
from onmodel.contracts.settings import Settings
from onmodel.contracts.storyboards import Storyboard
from onmodel.contracts.trainings import PanelLimits
from onmodel.deployments.lifecycle import deployer_of
from onmodel.errors import AnswerRefused, EventRefused, NotFound
from onmodel.observability import logger
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import ImageModelOf, Trainers
from onmodel.registry.kinds import DEPLOYMENTS
from onmodel.storyboards.planning import panel_seed


def draw_panel(
    request: PanelItemRequest,
    *,
    registry: Registry,
    studio: ObjectStore,
    trainers: Trainers,
    image_model: ImageModelOf,
) -> None:
    """Write the pictures, then panels/<nn>.json. A panel that is complete is not drawn again.

    A filtered answer is no failure: it is noted, and the gallery says why pictures are missing.

    Raises:
        Throttled, ServiceUnavailable: retried by the machine; finished pictures are drawn again.
        EventRefused: no such deployment, or no such scene in the storyboard.
    """
    item = request.item
    keys = StoryboardKeys(item.production, item.name, item.take)
    if is_complete(keys, item, studio):
        return
    if item.deployment_id is None:
        raise EventRefused(f"Panel {item.panel} of {item.name} is drawn by a job that runs")
    deployment = DEPLOYMENTS.require(registry, item.production, item.deployment_id)
    model = deployer_of(trainers, deployment).panel_model(
        deployment.body.deployment_ref or deployment.id
    )
    drawer = image_model(deployment.body.trainer)
    pictures: list[DrawnPicture] = []
    notices: list[str] = []
    seeds = _seeds(item, keys, studio, trainers[deployment.body.trainer].limits.panel)
    tried: list[int] = []
    wanted = item.planned.request.images
    for seed in seeds:
        panel = item.planned.request.model_copy(
            update={"seed": seed, "images": wanted - len(pictures)}
        )
        tried.append(seed)
        try:
            drawn = drawer.draw(model, panel)
        except AnswerRefused as fault:
            notices.append(f"Seed {seed}: {fault}")
            continue
        except NotFound:
            notices.append("The model does not answer any more")
            break
        if drawn.notice:
            notices.append(f"Seed {seed}: {drawn.notice}")
        for png in drawn.pictures:
            key = keys.picture(item.panel, len(pictures))
            studio.put(key, png, "image/png")
            pictures.append(DrawnPicture(key=key, seed=seed))
        if len(pictures) >= wanted:
            break
    logger.info("drew %d of %d pictures", len(pictures), wanted, extra={"panel": item.panel})
    made = DrawnPanel(
        planned=item.planned,
        pictures=tuple(pictures),
        seeds=tuple(tried),
        notices=tuple(notices),
        complete=len(pictures) >= wanted or len(tried) == len(seeds),
    )
    studio.put(keys.panel(item.panel), made.model_dump_json().encode(), "application/json")


def is_complete(keys: StoryboardKeys, item: PanelItem, studio: ObjectStore) -> bool:
    """Whether the same panel was drawn before."""
    try:
        before = DrawnPanel.from_stored(studio.get(keys.panel(item.panel)))
    except NotFound:
        return False
    return before.complete and before.planned == item.planned


def _seeds(
    item: PanelItem, keys: StoryboardKeys, studio: ObjectStore, limits: PanelLimits
) -> list[int]:
    """The planned seed, then others for answers that are filtered."""
    storyboard = Storyboard.from_stored(studio.get(keys.storyboard))
    if item.planned.number > len(storyboard.scenes):
        raise EventRefused(
            f"Panel {item.panel} is of scene {item.planned.number}, and storyboard {item.name} has "
            f"{len(storyboard.scenes)}",
            "Call with a line of the panels.jsonl that plan_storyboard wrote",
        )
    retries = Settings.from_stored(studio.get(keys.settings)).storyboard.retries
    others = [
        panel_seed(
            storyboard,
            item.planned.number,
            limits,
            take=item.seeds_take,
            attempt=attempt,
        )
        for attempt in range(1, retries + 1)
    ]
    return [item.planned.request.seed, *others]
