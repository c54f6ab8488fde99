from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from fakes.clock import START
from fakes.films_in_memory import FilmsInMemory

from onmodel.contracts.keys import DatasetKeys, StoryboardKeys
from onmodel.contracts.rows import (
    ApprovalBody,
    ApprovalStatus,
    DatasetBody,
    DatasetStatus,
    DeploymentBody,
    DeploymentStage,
    GenerationBody,
    GenerationStatus,
    StoryboardBody,
    StoryboardStatus,
    TrainingBody,
    TrainingStage,
)
from onmodel.contracts.trainings import Purpose, TrainingSpec
from onmodel.errors import ServiceError
from onmodel.registry.kinds import (
    APPROVALS,
    DATASETS,
    DEPLOYMENTS,
    GENERATIONS,
    STORYBOARDS,
    TRAININGS,
)
from onmodel.registry.rows import BodyT, Rows, StatusT
from onmodel.trainers.bedrock.rules import BedrockRules
from onmodel_cli.harvest import harvest
from onmodel_cli.journey import WAITING, Journey, Place

RUN = "a-00000001-aaaaaaaa"
DATASET = "d0001-0a1b2c3d"
MODEL = f"{DATASET}-1"


class Story:
    """A production whose rows appear one after the other."""

    def __init__(self, world: FilmsInMemory) -> None:
        self.world = world
        self.now = 0.0

    def put(
        self,
        rows: Rows[BodyT, StatusT],
        identity: str,
        status: StatusT,
        body: BodyT,
        holder: str | None = None,
    ) -> None:
        registry = self.world.registry
        row = rows.put(registry, "bunny", identity, status=status, body=body, now=START)
        rows.replace(registry, row.with_holder(holder), START)

    def generation(self, dataset: str | None = None, holder: str | None = None, **why: str) -> None:
        body = GenerationBody(
            attempt=1,
            runs=(RUN,),
            last_prepared_at=START,
            correlation_id="c",
            dataset_id=dataset,
            **why,
        )
        self.put(GENERATIONS, "g0001", GenerationStatus.OPEN, body, holder)

    def dataset(self, status: DatasetStatus, **changes: object) -> None:
        values: dict[str, object] = {
            "generation_id": "g0001",
            "correlation_id": "c",
            "pictures": 9,
            "named": {"buck": 9},
            "films": ("a-00000001",),
            "to_caption_key": "x",
            "captions_needed": 9,
        }
        self.put(DATASETS, DATASET, status, DatasetBody.model_validate(values | changes))

    def question(self, purpose: Purpose, status: ApprovalStatus = ApprovalStatus.PENDING) -> None:
        body = ApprovalBody(
            purpose=purpose, subject_id=DATASET, usd=None, task_token="t", correlation_id="c",
            expires_at=START + timedelta(days=7),
        )  # fmt: skip
        self.put(APPROVALS, f"{DATASET}-{purpose}", status, body)

    def training(self, stage: TrainingStage, reason: str | None = None) -> None:
        spec = TrainingSpec(
            production="bunny",
            dataset_id=DATASET,
            training_id=DATASET,
            manifest_uri="s3://studio/manifest.jsonl",
            output_uri="s3://studio/out/",
            hyperparameters=BedrockRules.presets["default"],
        )
        body = TrainingBody(dataset_id=DATASET, correlation_id="c", spec=spec, reason=reason)
        self.put(TRAININGS, DATASET, stage, body)

    def deployment(self, stage: DeploymentStage, reason: str | None = None) -> None:
        body = DeploymentBody(
            training_id=DATASET,
            name=MODEL,
            correlation_id="c",
            requested_at=START,
            retires_at=START + timedelta(hours=2),
            schedule_name="s",
            hours=2,
            reason=reason,
        )
        self.put(DEPLOYMENTS, MODEL, stage, body)

    def storyboard(self, status: StoryboardStatus, reason: str | None = None) -> None:
        body = StoryboardBody(
            name="first-look", take=1, deployment_id=MODEL, correlation_id="c", panels=5,
            reason=reason,
        )  # fmt: skip
        self.put(STORYBOARDS, "first-look-1", status, body)

    def storyboard_by_job(self, status: StoryboardStatus, reason: str | None = None) -> None:
        body = StoryboardBody(
            name="first-look", take=1, training_id=DATASET, trainer="sagemaker",
            correlation_id="c", panels=5, reason=reason,
        )  # fmt: skip
        self.put(STORYBOARDS, "first-look-1", status, body)

    def journey(self, *steps: object, pace: float = 1.0) -> Journey:
        """Each sleep plays the next step."""
        waiting = list(steps)

        def sleep(_seconds: float) -> None:
            self.now += pace
            if waiting:
                waiting.pop(0)()

        return Journey(
            production="bunny",
            run_id=RUN,
            registry=self.world.registry,
            studio=self.world.studio,
            executions=self.world.executions,
            clock=self.world.clock,
            sleep=sleep,
            monotonic=lambda: self.now,
        )


@pytest.fixture
def story(world: FilmsInMemory) -> Story:
    return Story(world)


def test_journey_when_all_goes_well_tells_each_stage_and_ends_drawn(story: Story) -> None:
    keys = DatasetKeys("bunny", DATASET)
    journey = story.journey(
        story.generation,
        lambda: story.generation(DATASET),
        lambda: story.dataset(DatasetStatus.ASSEMBLED),
        lambda: story.dataset(DatasetStatus.ASSEMBLED, quoted_for="training", why_asked="Dear."),
        lambda: story.question("training"),
        lambda: story.question("training", ApprovalStatus.APPROVED),
        lambda: story.world.studio.put(keys.caption("c1"), b"{}", "x"),
        lambda: story.dataset(DatasetStatus.CAPTIONED),
        lambda: story.question("review"),
        lambda: story.question("review", ApprovalStatus.APPROVED),
        lambda: story.dataset(DatasetStatus.READY),
        lambda: story.training(TrainingStage.IN_PROGRESS),
        lambda: story.deployment(DeploymentStage.CREATING),
        lambda: story.storyboard(StoryboardStatus.DRAWING),
        lambda: story.storyboard(StoryboardStatus.DRAWN),
    )
    places = list(journey.watch())
    assert [place.stage for place in places] == [
        "collecting films",
        "waiting for more films, then assembling the dataset",
        "assembling the dataset",
        "computing the cost of captions and training",
        "computing the cost of captions and training",
        WAITING,
        "captioning 0 of 9",
        "captioning 1 of 9",
        "writing the manifest",
        WAITING,
        "writing the manifest",
        "starting the training",
        "training",
        "deploying",
        "drawing the storyboard",
        "drawing the storyboard",
    ]
    assert places[-1].is_drawn
    assert places[-1].end == ""


@pytest.mark.parametrize(
    ("tell", "words"),
    [
        (lambda s: s.generation(reason="Only 3 pictures are left", advice="Upload more"),
         "Only 3 pictures are left. Upload more"),
        (lambda s: (s.generation(DATASET),
                    s.dataset(DatasetStatus.REFUSED, reason="Too many failed", advice="Try")),
         "Too many failed. Try"),
        (lambda s: (s.generation(DATASET), s.dataset(DatasetStatus.ASSEMBLED),
                    s.question("training", ApprovalStatus.DECLINED)),
         f"the training of {DATASET} was not approved"),
        (lambda s: (s.generation(DATASET), s.dataset(DatasetStatus.CAPTIONED),
                    s.question("review", ApprovalStatus.WITHDRAWN)),
         f"the review of {DATASET} was not approved"),
        (lambda s: (s.generation(DATASET),
                    s.dataset(DatasetStatus.READY, findings=("The model is gone.",))),
         "The model is gone."),
        (lambda s: (s.generation(DATASET), s.dataset(DatasetStatus.READY),
                    s.training(TrainingStage.FAILED, "no rights")), "no rights"),
        (lambda s: (s.generation(DATASET), s.dataset(DatasetStatus.READY),
                    s.training(TrainingStage.COMPLETED),
                    s.deployment(DeploymentStage.FAILED, "the quota is 0")), "the quota is 0"),
        (lambda s: (s.generation(DATASET), s.dataset(DatasetStatus.READY),
                    s.training(TrainingStage.COMPLETED),
                    s.deployment(DeploymentStage.IN_SERVICE),
                    s.storyboard(StoryboardStatus.FAILED, "filtered")), "filtered"),
    ],
    ids=["no dataset", "refused", "declined", "no review", "impossible", "training failed",
         "not deployed", "not drawn"],
)  # fmt: skip
def test_journey_when_it_ends_early_says_why(story: Story, tell, words: str) -> None:
    tell(story)
    *_, last = story.journey().watch()
    assert last.end == words


def test_journey_when_a_job_draws_then_ends_with_its_storyboard(story: Story) -> None:
    story.generation(DATASET)
    story.dataset(DatasetStatus.READY)
    story.training(TrainingStage.IN_PROGRESS)
    journey = story.journey(
        lambda: story.training(TrainingStage.COMPLETED),
        lambda: story.storyboard_by_job(StoryboardStatus.DRAWING),
        lambda: story.storyboard_by_job(StoryboardStatus.DRAWN),
    )
    places = list(journey.watch())
    assert [place.stage for place in places] == [
        "training", "training", "drawing the storyboard", "drawing the storyboard",
    ]  # fmt: skip
    assert places[-1].is_drawn
    assert places[-1].deployment is None


def test_journey_when_a_job_fails_to_draw_then_says_why(story: Story) -> None:
    story.generation(DATASET)
    story.dataset(DatasetStatus.READY)
    story.training(TrainingStage.COMPLETED)
    story.storyboard_by_job(StoryboardStatus.FAILED, "No panel could be drawn")
    (place,) = story.journey().watch()
    assert place.end == "No panel could be drawn"


def test_journey_when_the_machine_died_says_so(story: Story) -> None:
    story.generation(holder="arn:aws:states:us-east-1:123456789012:execution:TrainModel:gone")
    with pytest.raises(ServiceError, match="ended without a reason"):
        list(story.journey(pace=20).watch())


def test_journey_when_a_ready_dataset_is_not_trained_says_so(story: Story) -> None:
    story.generation(DATASET)
    story.dataset(DatasetStatus.READY)
    with pytest.raises(ServiceError, match="did not start"):
        list(story.journey(pace=100).watch())


def test_harvest_when_all_was_made_copies_each_part(story: Story, tmp_path: Path) -> None:
    story.generation(DATASET)
    story.dataset(DatasetStatus.READY)
    story.training(TrainingStage.COMPLETED)
    story.deployment(DeploymentStage.RETIRED)
    story.storyboard(StoryboardStatus.DRAWN)
    keys, board = DatasetKeys("bunny", DATASET), StoryboardKeys("bunny", "first-look", 1)
    for key in (keys.report, keys.manifest, keys.annotations, keys.loss_curve, board.gallery,
                board.picture(1, 0)):  # fmt: skip
        story.world.studio.put(key, key.encode(), "x")
    *_, last = story.journey().watch()
    found = harvest(last, "bunny", story.world.studio, tmp_path)
    assert [name for name, _ in found.rows()] == [
        "Dataset", "Manifest", "Lineage", "Loss curve", "Gallery",
    ]  # fmt: skip
    assert found.gallery is not None
    assert (found.gallery.parent.parent / "panels" / "01-0.png").is_file()


def test_harvest_when_nothing_was_made_is_empty(world: FilmsInMemory, tmp_path: Path) -> None:
    assert harvest(Place("collecting films"), "bunny", world.studio, tmp_path).rows() == []
