"""The deployed system in one process: its machines and functions, over everything in memory.

statemachine/*.asl.yaml run over functions/*/app.py; uploads, queue, rules and schedules lead to
what template.yaml connects them with; reconcile runs every quarter of an hour, in simulated time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache, partial
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

from fakes.deployed_machines import ScriptedTrainer
from fakes.dialect import StateFailed
from fakes.embedder import FakeEmbedder
from fakes.faces import FakeFaces, InMemoryFaceCollections, face
from fakes.faulty import Faulty, FunctionKilled
from fakes.image_model import FakeImageModel
from fakes.invocation import Context
from fakes.labels import FakeLabels, figure
from fakes.machines import STATES, Execution, Machines
from fakes.services_in_memory import ServicesInMemory
from fakes.trainer import InMemoryService, Only
from fakes.training_in_memory import LINKS_URL, TrainingInMemory, with_prices
from functions import STEPS, load_function, variables_of_the_template

from onmodel.contracts.generations import FilmPreparedDetail
from onmodel.contracts.human_loops import HumanLoopStatus
from onmodel.contracts.panels import PanelRequest, Panels
from onmodel.contracts.rows import ApprovalStatus
from onmodel.contracts.trainings import TrainingStatus
from onmodel.environment import Environment
from onmodel.errors import OnmodelError
from onmodel.notifications.facts.approvals import wanted_event
from onmodel.notifications.sending import mail_id_of
from onmodel.observability import metrics
from onmodel.ports.human_loops import HumanLoopState
from onmodel.ports.trainer import Deployer, DrawingJobs, Trainer
from onmodel.registry.kinds import APPROVALS, TRAININGS

MACHINES = ("PrepareFilm", "TrainModel", "DeployModel", "DrawStoryboard", "RetireModel")
ROUND = timedelta(minutes=15)
POLL_SECONDS = 300
APPROVAL_DAYS = 7
REDELIVERY_SECONDS = 60
MOST_RECEIVES = 5
MOST_RETRIES = 2
"""Of an asynchronous call, after the first attempt."""
UPLOAD_DELAY_SECONDS, UPLOAD_RETRY_SECONDS, MOST_UPLOAD_RETRIES = 300, 900, 96
"""Of the queue UploadRetries."""
PRODUCTION = "bunny"
VARIABLES = {
    **variables_of_the_template(),
    "PREPARE_FILM_ARN": f"{STATES}PrepareFilm",
    "TRAIN_MODEL_ARN": f"{STATES}TrainModel",
    "DEPLOY_MODEL_ARN": f"{STATES}DeployModel",
    "RETIRE_MODEL_ARN": f"{STATES}RetireModel",
    "DRAW_STORYBOARD_ARN": f"{STATES}DrawStoryboard",
    "STOP_DETECTOR_ARN": "arn:aws:lambda:us-east-1:123456789012:function:onmodel-stop_detector",
    "POLL_SECONDS": str(POLL_SECONDS),
    "APPROVAL_DAYS": str(APPROVAL_DAYS),
    "FLOW_DEFINITION": "onmodel-review",
}
METRICS_NAMESPACE = "POWERTOOLS_METRICS_NAMESPACE"
FAULTY_SERVICES = (
    "uploads", "studio", "registry", "cache", "mailbox", "executions", "tokens", "scheduler",
    "caption_queue", "foundation_models", "detectors", "human_loops",
)  # fmt: skip
NO_CALLS = {"names", "panel_model"}
TRAINER_CALLS = {
    name
    for port in (Trainer, Deployer, DrawingJobs)
    for name in vars(port)
    if not name.startswith("_")
} - NO_CALLS
"""What a trainer asks its service; its rules and names call none."""
PRICES = with_prices(
    {
        "memory.training-image": "0.005",
        "memory.model-month": "1.95",
        "memory.unit-hour": "60.5",
    }
)


class SmallImages(FakeImageModel):
    """Pictures of 64 × 64 whatever is asked for: nobody looks at them, and many are drawn."""

    def draw(self, model: str, panel: PanelRequest) -> Panels:
        return super().draw(model, panel.model_copy(update={"width": 64, "height": 64}))


class StackInMemory:
    """Everything that template.yaml makes; `answer` is what a person posts to each question."""

    def __init__(
        self,
        faulty: Faulty | None = None,
        trainer: type[InMemoryService] = ScriptedTrainer,
    ) -> None:
        self.faulty = faulty or Faulty()
        self.labels = FakeLabels((figure(0.3, 0.2, 0.3, 0.6),))
        self.world = TrainingInMemory(trainer=trainer)
        self.questions = self.world.questions
        self.world.detector = self.labels
        self.faces = self.world.faces = FakeFaces((face(0.4, 0.2, 0.15, 0.25),))
        self.collections = InMemoryFaceCollections(lambda _jpeg: "one and the same person")
        self.world.collections = self.collections
        self.embedded: list[bytes] = []
        self.world.embedding_model = self._embedding_model
        self.trainer: ScriptedTrainer = self.world.trainer  # type: ignore[assignment]
        self.clock = self.world.clock
        self.services = ServicesInMemory(self.world, VARIABLES | {"SPEND_LIMIT_USD": "10000"})
        self.services.prices = PRICES
        self.images = SmallImages()
        self.services.image_model = lambda _trainer: self.images
        self.services.caption_queue = self
        self.answer: str | None = None
        self.skew: dict[str, timedelta] = {}
        self.dead_letters: list[tuple[str, Any]] = []
        self.broken: dict[str, Exception] = {}
        self.dies: Callable[[Execution, str], str | None] = lambda *_: None
        self.machines = Machines(
            self.clock,
            {step: lambda payload, step=step: self.call(step, payload) for step in STEPS},
            {
                **{f"{machine}Arn": f"{STATES}{machine}" for machine in MACHINES},
                **{f"{_camel(step)}Function": _camel(step) for step in STEPS},
                "PollSeconds": str(POLL_SECONDS),
                "ApprovalSeconds": str(APPROVAL_DAYS * 86_400),
                "StudioBucket": "studio",
                "CaptionQueueUrl": "queue",
            },
            dies=self._dies,
            read=self.services.studio.get,
            put_events=self._film_prepared,
            send_message=lambda body: self.send(body, 0),
        )
        self.services.executions = self.services.tokens = self.machines
        if faulty is not None:
            self._make_faulty(faulty)
        self._every(POLL_SECONDS, self._fire_schedules)
        self._every(POLL_SECONDS, self._answer_questions)
        self._every(ROUND.total_seconds(), self._reconcile)

    def _embedding_model(self, dimensions: int) -> FakeEmbedder:
        model = FakeEmbedder(dimensions)
        model.pictures = self.embedded
        return model

    def _make_faulty(self, faulty: Faulty) -> None:
        """Let every call of a service or a model pass through `faulty`."""
        for name in FAULTY_SERVICES:
            inner = getattr(self.services, name)
            setattr(self.services, name, faulty.around(name, inner))
        world, embedding_model = self.world, self.world.embedding_model
        trainer = faulty.around("trainer", world.trainer, TRAINER_CALLS)
        self.services.trainers = Only(trainer)
        world.detector = faulty.around("rekognition", world.detector)
        world.faces = faulty.around("faces", world.faces)
        world.collections = faulty.around("collections", world.collections)
        world.embedding_model = lambda dimensions: faulty.around(
            "embeddings", embedding_model(dimensions)
        )
        self.services.caption_model = lambda _: faulty.around("captions", world.captions)
        world.questions = faulty.around("questions", world.questions)
        self.services.image_model = lambda _: faulty.around("pictures", self.images)

    def _dies(self, execution: Execution, state: str) -> str | None:
        return self.dies(execution, state)  # a test sets it when the machines are made already

    # ── what people and services do ──

    def call(self, step: str, payload: Any) -> Any:
        """A function's answer as Lambda gives it; raises what it raises."""
        if step in self.broken:
            raise self.broken[step]
        before, self.faulty.function = self.faulty.function, step
        try:
            return self._invoke(step, payload)
        except FunctionKilled:
            raise StateFailed("Runtime.ExitError") from None
        finally:
            self.faulty.function = before

    def _invoke(self, step: str, payload: Any) -> Any:
        module = _loaded(step)
        self.services.clock = lambda: self.clock() + self.skew.get(step, timedelta(0))
        replaced = {
            "wired": self.services,
            "services": lambda *_sections: self.services,
            "now": self.services.clock,
            "time": SimpleNamespace(sleep=lambda seconds: None),
        }
        for name in replaced.keys() & vars(module).keys():
            setattr(module, name, replaced[name])
        with _metrics_named():
            return json.loads(json.dumps(module.handler(payload, Context(seconds_left=60))))

    def upload(self, key: str, body: bytes, event_id: str = "upload-1") -> None:
        """The rule hands the event of S3 to route_upload."""
        self.services.uploads.put(key, body, "application/octet-stream")
        event = self.world.event(key, event_id).model_dump(mode="json", by_alias=True)
        self._call_asynchronously("route_upload", event)

    def end_job(self, status: TrainingStatus = TrainingStatus.COMPLETED) -> None:
        """The newest training ends, and the trainer's event comes."""
        job = list(self.trainer.trainings)[-1]
        if status == TrainingStatus.COMPLETED:
            self.trainer.complete(job)
        else:
            self.trainer.end(job, status)
        self.start("DeployModel", f"event-{job[-8:]}", {"request": {"job_arn": job}})

    def end_jobs(self) -> None:
        """The newest training ends, if one was started."""
        if self.trainer.trainings:
            self.end_job()

    def job_events(self) -> None:
        """The trainer's event of the newest training, if one was started."""
        if self.trainer.trainings:
            self.job_event()

    def job_event(self) -> None:
        """The trainer's event of the newest training comes again."""
        job = list(self.trainer.trainings)[-1]
        self.start("DeployModel", f"again-{job[-8:]}", {"request": {"job_arn": job}})

    def film_prepared(self, crops: int = 6) -> None:
        """A film with pictures of known characters was prepared: the rule calls collect_film."""
        self.world.show_characters()
        run = self.world.film(crops=crops)
        film = FilmPreparedDetail(
            production=run.production,
            film_id=run.film_id,
            run_id=run.run_id,
            correlation_id=run.correlation_id,
        )
        detail = film.model_dump(mode="json")
        self._film_prepared({"Source": "onmodel", "DetailType": "FilmPrepared", "Detail": detail})

    def deploy_again_with(self, **variables: object) -> None:
        """The stack's parameters from now on, by the names of the functions' variables."""
        changed = {name: str(value) for name, value in variables.items()}
        self.services.environment = Environment(VARIABLES | changed)

    def end_human_loops(self, reason: str = "") -> None:
        """People answer all loops, or each fails for a reason; every event comes twice."""
        loops = self.world.human_loops
        for name in list(loops.started):
            if loops.states[name].status is not HumanLoopStatus.STARTED:
                continue
            state = loops.fail(name, reason) if reason else loops.answer(name)
            self.human_loop_events(name, state)

    def human_loop_events(self, name: str, state: HumanLoopState) -> None:
        detail = {
            "humanLoopName": name,
            "humanLoopStatus": state.status.capitalize(),
            "humanLoopOutput": state.output_uri and {"outputS3Uri": state.output_uri},
            "failureReason": state.reason or None,
        }
        event = {
            "id": f"event-of-{name}",
            "source": "aws.sagemaker",
            "detail-type": "SageMaker A2I HumanLoop Status Change",
            "detail": detail,
        }
        for _ in range(2):
            self._call_asynchronously("read_human_loop", event)

    def break_for(self, step: str, hours: float, fault: Exception | None = None) -> None:
        """A function fails for this time, with a fault of ours if none is given."""
        self.broken[step] = fault or ValueError("a fault of ours")
        self.machines.after(hours * 3600, lambda: self.broken.pop(step))

    def start(self, machine: str, name: str, payload: Any) -> bool:
        return self.machines.start(f"{STATES}{machine}", name, payload)

    def send(self, body: str, delay_seconds: int) -> None:
        """To the caption queue."""
        self.machines.after(delay_seconds, lambda: self._deliver(body, 1))

    # ── what the template connects ──

    def _deliver(self, body: str, receives: int) -> None:
        record = {
            "messageId": f"message-{receives}",
            "body": body,
            "attributes": {"ApproximateReceiveCount": str(receives)},
            "eventSource": "aws:sqs",
        }
        try:
            failures = self.call("caption_crop", {"Records": [record]})["batchItemFailures"]
        except StateFailed:
            failures = [record]
        if failures and receives < MOST_RECEIVES:
            self.machines.after(REDELIVERY_SECONDS, lambda: self._deliver(body, receives + 1))

    def _film_prepared(self, entry: Any) -> None:
        event = {
            "id": "event-1",
            "source": entry["Source"],
            "detail-type": entry["DetailType"],
            "detail": entry["Detail"],
        }
        self._call_asynchronously("collect_film", event)

    def _call_asynchronously(self, step: str, event: Any, attempt: int = 1) -> None:
        """Lambda tries twice more, after a minute and after two, then sends to the queue."""
        try:
            self.call(step, event)
        except (OnmodelError, StateFailed):
            if attempt > MOST_RETRIES and step == "route_upload":
                self.machines.after(UPLOAD_DELAY_SECONDS, lambda: self._route_again(event, 1))
            elif attempt > MOST_RETRIES:
                self.dead_letters.append((step, event))
            else:
                self.machines.after(
                    60 * attempt, lambda: self._call_asynchronously(step, event, attempt + 1)
                )

    def _route_again(self, event: Any, receives: int) -> None:
        """The queue UploadRetries calls route_upload itself."""
        record = {"body": json.dumps({"requestPayload": event}), "eventSource": "aws:sqs"}
        try:
            self.call("route_upload", {"Records": [record]})
        except (OnmodelError, StateFailed):
            if receives == MOST_UPLOAD_RETRIES:
                self.dead_letters.append(("route_upload", event))
            else:
                again = partial(self._route_again, event, receives + 1)
                self.machines.after(UPLOAD_RETRY_SECONDS, again)

    def _every(self, seconds: float, action: Callable[[], None]) -> None:
        def again() -> None:
            self.machines.after(seconds, again)
            action()

        self.machines.after(seconds, again)

    def _fire_schedules(self) -> None:
        for due in self.services.scheduler.due():
            name = f"schedule-{len(self.machines.executions)}"
            step = due.target_arn.rpartition("-")[2]
            if ":function:" in due.target_arn:
                self._call_asynchronously(step, json.loads(due.payload))
            else:
                self.machines.start(due.target_arn, name, json.loads(due.payload))

    def _answer_questions(self) -> None:
        """By the link of the mail: nobody can answer before it was sent."""
        if self.answer is None:
            return
        sent = {mail.mail_id for mail in self.world.mailbox.mails}
        for row in list(APPROVALS.list(self.world.registry, PRODUCTION)):
            asked = mail_id_of(PRODUCTION, wanted_event(row.id))
            if row.status == ApprovalStatus.PENDING and asked in sent:
                with suppress(StateFailed):  # a page of a fault: the person posts again
                    link = self.services.links.link_to_approval(PRODUCTION, row.id, 7)
                    self.post(link, self.answer)

    def post(self, link: str, decision: str) -> Any:
        event = {
            "rawPath": link.removeprefix(LINKS_URL),
            "requestContext": {"http": {"method": "POST"}, "requestId": "request-1"},
            "body": f"decision={decision}",
        }
        return self.call("follow_link", event)

    def _reconcile(self) -> None:
        with suppress(OnmodelError, StateFailed):
            self.call("reconcile", {"id": "round", "source": "aws.events"})

    # ── what tests ask ──

    @property
    def started_at_trainer(self) -> int:
        """Trainings and deployments that were ever begun: each costs money."""
        return len(self.trainer.specs) + len(self.trainer.lives)

    @property
    def billing_at_trainer(self) -> int:
        """Deployments that still cost money."""
        return len(self.trainer.deployments)

    @property
    def training_ids(self) -> list[str]:
        return [row.id for row in TRAININGS.list(self.services.registry, PRODUCTION)]


@contextmanager
def _metrics_named() -> Iterator[None]:
    """As the stack names them; patch.dict would copy and restore every variable for each call."""
    before = os.environ.get(METRICS_NAMESPACE)
    os.environ[METRICS_NAMESPACE] = "onmodel"
    try:
        with mock.patch.object(metrics.provider, "namespace", "onmodel"):
            yield
    finally:
        if before is None:
            del os.environ[METRICS_NAMESPACE]
        else:
            os.environ[METRICS_NAMESPACE] = before


def _camel(step: str) -> str:
    return "".join(word.capitalize() for word in step.split("_"))


@cache
def _loaded(step: str) -> ModuleType:
    return load_function(step)
