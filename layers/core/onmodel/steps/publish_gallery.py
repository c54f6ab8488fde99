"""Make a storyboard's page from the results of its panels, and close the take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onmodel.contracts.judging import Judgement
from onmodel.contracts.keys import DatasetKeys, StoryboardKeys
from onmodel.contracts.panels import DrawnPanel, PanelItem
from onmodel.contracts.rows import StoryboardBody, StoryboardStatus
from onmodel.contracts.settings import Settings
from onmodel.contracts.storyboards import (
    PublishGalleryRequest,
    Storyboard,
    StoryboardPlanned,
    StoryboardSummary,
)
from onmodel.errors import EventRefused, NotFound
from onmodel.films.folders import production_name
from onmodel.films.production import characters_of
from onmodel.formats.jsonl import read_lines
from onmodel.links.tokens import SignedLinks
from onmodel.money.pricebook import PriceBook, add_up, estimate
from onmodel.notifications.facts.base import LINK_DAYS
from onmodel.pages.gallery import (
    Gallery,
    GalleryPanel,
    GalleryPicture,
    render_gallery,
)
from onmodel.pages.judgement import sentences
from onmodel.ports.machines import Clock
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.ports.trainer import TrainersRules
from onmodel.registry.kinds import DATASETS, STORYBOARDS, TRAININGS, StoryboardRow, TrainingRow
from onmodel.steps.pictures_beside import PREVIEW_SIDE, PicturesBeside, earlier_numbers
from onmodel.storyboards.export import numbers_csv
from onmodel.storyboards.judged import judge_take
from onmodel.storyboards.scene_questions import read_questions
from onmodel.storyboards.undrawn_arms import undrawn_arms
from onmodel.vision.decoding import decode_picture
from onmodel.vision.encoding import thumbnail

UNTRAINED = "the untrained base model"

NOT_DRAWN = "It could not be drawn: the image model failed in every attempt"
"""A child of the map failed; its own log says why."""


@dataclass(frozen=True)
class PublishGallery:
    """The services that publishing needs.

    Attributes:
        links: None: addresses are relative.
        simulated: whether a local stack draws, whose numbers say nothing about a model.
        stack_options: of the command `onmodel`, in the commands on the page.
    """

    registry: Registry
    uploads: ObjectStore
    studio: ObjectStore
    rules: TrainersRules
    prices: PriceBook
    clock: Clock
    links: SignedLinks | None = None
    simulated: bool = False
    stack_options: str = ""

    def publish(self, request: PublishGalleryRequest) -> None:
        """Write the page and the summary, then the row. A take without a picture has failed.

        Raises:
            EventRefused: the take was never planned.
        """
        plan = request.storyboard
        row = STORYBOARDS.read(self.registry, plan.production, plan.storyboard_id or "")
        if row is None or plan.take is None:
            raise EventRefused(f"No take of {plan.name} was planned in {plan.production}")
        keys = StoryboardKeys(plan.production, plan.name, plan.take)
        storyboard = Storyboard.from_stored(self.studio.get(keys.storyboard))
        items = read_lines(PanelItem, self.studio.get(keys.plan))
        panels = [self._panel(keys, item) for item in items]
        dataset = self._dataset(plan, items)
        settings = Settings.from_stored(self.studio.get(keys.settings))
        known = characters_of(plan.production, settings, self.registry)
        names = {slug: role.name for slug, role in known.items()}
        drawn_panels = list(zip(items, panels, strict=True))
        lacking = undrawn_arms(
            storyboard,
            settings,
            self.rules[plan.trainer],
            self.prices,
            production=plan.production,
            name=plan.name,
        )
        judgement = self._judge(plan, keys, dataset, drawn_panels, names, lacking=lacking)
        beside = PicturesBeside(
            self.registry, self.uploads, self.studio, plan.production, dataset or None
        )
        page = render_gallery(
            Gallery(
                production=production_name(plan.production, self.registry),
                name=plan.name,
                take=plan.take,
                model=self._model(plan),
                storyboard=storyboard,
                panels=[self._shown(item, panel) for item, panel in drawn_panels],
                drawn_at=self.clock(),
                names=names,
                options=self.rules[plan.trainer].described_panels(storyboard),
                credit=settings.credit,
                notices=self._notices(plan.production, dataset),
                training_pictures=beside.training_pictures(panels, judgement),
                references=beside.references(items),
                earlier=earlier_numbers(row, self.registry),
                judgement=judgement,
                stack_options=self.stack_options,
                numbers_href=self._link(keys.numbers) if judgement else "",
                judgement_href=self._link(keys.judgement) if judgement else "",
            )
        )
        self.studio.put(keys.gallery, page, "text/html; charset=utf-8")
        summary = self._summary(row.body, plan.production, panels)
        self.studio.put(
            keys.summary, summary.model_dump_json(indent=2).encode(), "application/json"
        )
        if judgement is not None and judgement.checkpoint is not None and plan.training_id:
            self._draw_with(plan.training_id, row, judgement)
        status = StoryboardStatus.DRAWN if summary.drawn else StoryboardStatus.FAILED
        drawn = row.with_status(status).with_fields(  # its holder stays: it has yet to send a mail
            drawn=summary.drawn,
            estimated_usd=summary.estimated_usd,
            reason=None if summary.drawn else "Not one panel could be drawn",
            advice=sentences(judgement) if judgement else (),
            numbers=judgement.numbers if judgement else (),
        )
        STORYBOARDS.replace(self.registry, drawn, self.clock())

    def _judge(
        self,
        plan: StoryboardPlanned,
        keys: StoryboardKeys,
        dataset: str,
        panels: Sequence[tuple[PanelItem, DrawnPanel]],
        names: Mapping[str, str],
        *,
        lacking: str,
    ) -> Judgement | None:
        """Judge the take and write its files; None where there is nothing to compare with."""
        if not dataset:
            return None
        compared = DatasetKeys(plan.production, dataset)
        training = self._training(plan)
        kept = training.body.checkpoints if training else ()
        judgement = judge_take(
            self.studio,
            keys,
            compared,
            panels,
            names=names,
            checkpoints=kept,
            lacking=lacking,
            simulated=self.simulated,
        )
        if judgement is not None:
            body = judgement.model_dump_json(indent=2).encode()
            self.studio.put(keys.judgement, body, "application/json")
            self.studio.put(keys.numbers, numbers_csv(panels, judgement), "text/csv")
        return judgement

    def _panel(self, keys: StoryboardKeys, item: PanelItem) -> DrawnPanel:
        try:
            return DrawnPanel.from_stored(self.studio.get(keys.panel(item.panel)))
        except NotFound:
            return DrawnPanel(
                planned=item.planned, pictures=(), seeds=(), notices=(NOT_DRAWN,), complete=False
            )

    def _shown(self, item: PanelItem, panel: DrawnPanel) -> GalleryPanel:
        return GalleryPanel(
            planned=item.planned,
            pictures=[
                GalleryPicture(
                    key=picture.key,
                    jpeg=self._preview(picture.key),
                    seed=picture.seed,
                    score=picture.score,
                    href=self._link(picture.key),
                )
                for picture in panel.pictures
            ],
            notice=" ".join(filter(None, (*panel.notices, panel.not_scored))),
            take=item.seeds_take,
        )

    def _preview(self, key: str) -> bytes:
        return thumbnail(decode_picture(self.studio.get(key)).pixels, PREVIEW_SIDE)

    def _link(self, key: str) -> str:
        if self.links is not None:
            return self.links.link_to_object(key, LINK_DAYS)
        return f"../{key.split('/', 4)[-1]}"  # below the take, as the gallery's folder is

    def _dataset(self, plan: StoryboardPlanned, items: Sequence[PanelItem]) -> str:
        """Id of the dataset that the panels are compared with; '' when there is none."""
        if items and items[0].dataset_id is not None:
            return items[0].dataset_id
        training = self._training(plan)
        return "" if training is None else training.body.dataset_id

    def _training(self, plan: StoryboardPlanned) -> TrainingRow | None:
        """None for a take that is drawn without a model, or whose training was deleted."""
        if plan.training_id is None:
            return None
        return TRAININGS.read(self.registry, plan.production, plan.training_id)

    def _model(self, plan: StoryboardPlanned) -> str:
        if plan.training_id is None:
            return UNTRAINED
        training = self._training(plan)
        return (training and training.body.model_name) or plan.training_id

    def _draw_with(self, training_id: str, row: StoryboardRow, judgement: Judgement) -> None:
        """From now on, the arm `tuned` draws with the checkpoint that was found to be best."""
        (why,) = (a.text for a in judgement.advice if a.verdict == "checkpoint_chosen")
        TRAININGS.change(
            self.registry,
            row.production,
            training_id,
            lambda current: current.with_fields(
                checkpoint=judgement.checkpoint, checkpoint_reason=f"{row.id}: {why}"
            ),
            self.clock,
        )

    def _notices(self, production: str, dataset: str) -> tuple[str, ...]:
        """The dataset's notices, for example that everything is a simulation."""
        row = DATASETS.read(self.registry, production, dataset)
        return () if row is None else row.body.notices

    def _summary(
        self, body: StoryboardBody, production: str, panels: list[DrawnPanel]
    ) -> StoryboardSummary:
        keys = StoryboardKeys(production, body.name, body.take)
        written = read_questions(self.studio, keys).usage
        usage = add_up((*body.usage, *written, *(use for panel in panels for use in panel.usage)))
        bill = estimate(usage, self.prices)
        return StoryboardSummary(
            production=production,
            name=body.name,
            take=body.take,
            title=body.title,
            deployment_id=body.deployment_id,
            panels=len(panels),
            drawn=sum(1 for panel in panels if panel.pictures),
            pictures=sum(len(panel.pictures) for panel in panels),
            filtered=sum(len(panel.notices) for panel in panels),
            usage=usage,
            estimated_usd=None if bill.total_usd is None else float(bill.total_usd),
        )
