"""What the fixtures name behind the films: a dataset, its training, a deployment, a storyboard."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from onmodel.adapters.stepfunctions import StepFunctionsExecutions
from onmodel.contracts.datasets import (
    CaptionItem,
    CaptionMessage,
    DatasetItem,
    DatasetRef,
    QueuedMessages,
)
from onmodel.contracts.keys import DatasetKeys
from onmodel.contracts.rows import (
    DatasetBody,
    DatasetStatus,
    DeploymentBody,
    DeploymentStage,
    GenerationBody,
    GenerationStatus,
    Kind,
    StoryboardStatus,
    TrainingBody,
    TrainingStage,
)
from onmodel.deployments.deletion import forbid_deployments
from onmodel.deployments.lifecycle import deployments_of, known_deployment
from onmodel.formats.jsonl import read_lines
from onmodel.wiring import now
from onmodel_local.ground import Ground, SeedRefusedError

SETTLED = timedelta(days=1)
"""Since then nothing was prepared: longer than any quiet period."""
PATIENCE_SECONDS = 60
MESSAGES_AT_ONCE = 10  # what SQS hands out at most
MACHINES = ("PrepareFilm", "TrainModel", "DeployModel", "RetireModel", "DrawStoryboard")


def plant_models(ground: Ground) -> None:
    """All that is missing, in the order of the pipeline; mends what invocations have changed."""
    forbid_deployments(False, ground.registry, now)
    _stop_machines(ground)
    _open_generation(ground)
    if not _is_trained(ground):
        ground.say("dataset")
        _make_dataset(ground)
        ground.say("training")
        _train(ground)
    if not _is_in_service(ground):
        ground.say("deployment")
        _deploy(ground)
    if not _is_drawn(ground):
        ground.say("storyboard")
        _draw(ground)
    ground.play("notify/model_ready")  # nobody was told: then reconcile takes it for dead
    _lay_out_the_past(ground)


def _stop_machines(ground: Ground) -> None:
    """Invocations start real ones, which would work on beside the next."""
    executions = StepFunctionsExecutions(ground.stack.client("stepfunctions"))
    for machine in MACHINES:
        executions.stop_all(ground.outputs[f"{machine}Arn"], "the seed is put back")


def _hurry(ground: Ground, name: str, is_done: Callable[[], bool]) -> None:
    """Simulated time passes at once."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_done():
        if time.monotonic() > deadline:
            raise SeedRefusedError(f"{name} is not done after {PATIENCE_SECONDS} s")
        ground.stack.control("bedrock/step", {"name": name})
        time.sleep(0.2)


# ── dataset ──────────────────────────────────────────────────────────────────────────────────────


def _open_generation(ground: Ground) -> None:
    """As if the film had just been collected, and quiet had returned."""
    generation = ground.event("assemble_dataset/possible")["generation"]
    body = GenerationBody(
        attempt=generation["attempt"],
        runs=(ground.event("probe_film/film")["run"]["run_id"],),
        last_prepared_at=now() - SETTLED,
        correlation_id=generation["correlation_id"],
    )
    ground.put_row(Kind.GENERATION, generation["generation_id"], GenerationStatus.OPEN, body)


def _dataset(ground: Ground) -> DatasetRef:
    return DatasetRef.model_validate(ground.event("start_training/dataset")["dataset"])


def _make_dataset(ground: Ground) -> None:
    made = DatasetRef.model_validate(ground.play("assemble_dataset/possible"))
    _name_as_the_fixtures_do(ground, made)
    _open_generation(ground)
    _caption(ground)
    for step in ("quote_training", "collect_captions", "write_manifest", "report_dataset"):
        ground.play(f"{step}/dataset")


def _name_as_the_fixtures_do(ground: Ground, made: DatasetRef) -> None:
    """A dataset's name is a hash of what is in it, which no fixture can know."""
    before, after = made.dataset_id, _dataset(ground).dataset_id
    prefix = f"{made.production}/datasets/{before}/"
    for info in list(ground.studio.list(prefix)):
        content = ground.studio.get(info.key)
        if info.key.endswith((".json", ".jsonl")):
            content = content.replace(before.encode(), after.encode())
        ground.studio.put(info.key.replace(before, after), content, "application/octet-stream")
    record = ground.row(Kind.DATASET, before)
    if record is None:
        raise SeedRefusedError(f"{before} was made and is not there")
    told = json.dumps(record.body).replace(before, after)
    body = DatasetBody.model_validate_json(told)
    ground.put_row(Kind.DATASET, after, DatasetStatus.ASSEMBLED, body)
    ground.registry.delete(record)
    ground.studio.delete_prefix(prefix)


def _caption(ground: Ground) -> None:
    """Every picture, in messages whose tokens nobody waits for."""
    dataset = _dataset(ground)
    keys = DatasetKeys(dataset.production, dataset.dataset_id)
    (template,) = ground.event("caption_crop/one")["Records"]
    messages = [
        CaptionMessage(
            token=template["messageId"], item=item, correlation_id=dataset.correlation_id
        )
        for item in read_lines(CaptionItem, ground.studio.get(keys.to_caption))
    ]
    for start in range(0, len(messages), MESSAGES_AT_ONCE):
        batch = messages[start : start + MESSAGES_AT_ONCE]
        records = [{**template, "body": message.model_dump_json()} for message in batch]
        answer = ground.call("caption_crop", {"Records": records})
        if answer["batchItemFailures"]:
            raise SeedRefusedError(f"captions failed: {answer}")
    picture = read_lines(DatasetItem, ground.studio.get(keys.items))[0].key
    for message in QueuedMessages.model_validate(ground.event("caption_crop/batch")).records:
        named = CaptionMessage.model_validate_json(message.body).item.key
        ground.studio.put(named, ground.studio.get(picture), "image/jpeg")


# ── training ─────────────────────────────────────────────────────────────────────────────────────


def _is_trained(ground: Ground) -> bool:
    row = ground.row(Kind.TRAINING, _dataset(ground).dataset_id)
    return row is not None and row.status == TrainingStage.COMPLETED


def _training(ground: Ground) -> TrainingBody:
    row = ground.row(Kind.TRAINING, _dataset(ground).dataset_id)
    if row is None:
        raise SeedRefusedError("the training was started and is not there")
    return TrainingBody.model_validate(row.body)


def _train(ground: Ground) -> None:
    arn = ground.event("claim_training/job_event")["request"]["job_arn"]
    bedrock = ground.stack.client("bedrock")

    def is_over() -> bool:
        job = bedrock.get_model_customization_job(jobIdentifier=arn)
        return bool(job["status"] != "InProgress")

    with _silent_jobs(ground):
        ground.stack.control("bedrock/next-job", {"id": arn.rsplit("/", 1)[-1]})
        ground.play("start_training/dataset")
        _hurry(ground, arn, is_over)
        time.sleep(1)  # the last event is sent in the background
    ground.play("claim_training/job_event")


@contextmanager
def _silent_jobs(ground: Ground) -> Iterator[None]:
    """No machine deploys what is trained meanwhile."""
    ground.stack.control("bedrock/events", {"times": 0})
    try:
        yield
    finally:
        ground.stack.control("bedrock/events", {"times": 1})


# ── deployment ───────────────────────────────────────────────────────────────────────────────────


def _standing(ground: Ground) -> list[str]:
    return [told["name"] for told in ground.stack.control("billing")["throughput"]]


def _is_in_service(ground: Ground) -> bool:
    wanted = ground.event("provision_model/scheduled")["deployment"]["deployment_id"]
    return bool(_standing(ground)) and any(
        row.id == wanted and row.stage == DeploymentStage.IN_SERVICE and row.body.retires_at > now()
        for row in deployments_of(ground.registry, ground.production)
    )


def _deploy(ground: Ground) -> None:
    for name in _standing(ground):
        ground.stack.control("bedrock/forget", {"name": name})
    for row in list(deployments_of(ground.registry, ground.production)):
        ground.registry.delete(row.record)
    ground.play("schedule_retirement/first")
    ground.play("provision_model/scheduled")
    (made,) = _standing(ground)
    _hurry(ground, made, lambda: ground.play("check_deployment/scheduled")["state"] == "in_service")


def _lay_out_the_past(ground: Ground) -> None:
    """Rows of what two mails tell: a deployment that is over, a training that failed."""
    wanted = ground.event("provision_model/scheduled")["deployment"]["deployment_id"]
    live = known_deployment(ground.registry, ground.production, wanted)
    over: DeploymentBody = live.body.model_copy(update={"retired_at": now()})
    retired = ground.event("notify/retired")["notification"]["id"]
    ground.put_row(Kind.DEPLOYMENT, retired, DeploymentStage.RETIRED, over)
    failed = _training(ground).model_copy(
        update={"job_ref": None, "model_ref": None, "reason": "Internal server error"}
    )
    identity = ground.event("notify/training_failed")["notification"]["id"]
    ground.put_row(Kind.TRAINING, identity, TrainingStage.FAILED, failed)


# ── storyboard ───────────────────────────────────────────────────────────────────────────────────


def _is_drawn(ground: Ground) -> bool:
    wanted = ground.event("publish_gallery/drawn")["storyboard"]["storyboard_id"]
    row = ground.row(Kind.STORYBOARD, wanted)
    return row is not None and row.status == StoryboardStatus.DRAWN


def _draw(ground: Ground) -> None:
    planned = ground.play("plan_storyboard/uploaded")
    for line in ground.studio.get(planned["panels_key"]).splitlines():
        for step in ("draw_panel", "score_panel"):
            ground.call(step, {"item": json.loads(line)})
    ground.play("publish_gallery/drawn")
