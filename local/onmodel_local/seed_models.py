"""Seeds the other data of the fixtures: a dataset, its training, a deployment, storyboards."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from onmodel.adapters.stepfunctions import StepFunctionsExecutions
from onmodel.contracts.captions import CaptionItem, CaptionMessage, QueuedMessages
from onmodel.contracts.datasets import DatasetItem, DatasetRef
from onmodel.contracts.keys import DatasetKeys
from onmodel.contracts.rows import (
    ApprovalBody,
    ApprovalStatus,
    DatasetBody,
    DatasetStatus,
    DeploymentStage,
    GenerationBody,
    GenerationStatus,
    StoryboardStatus,
    TrainingBody,
    TrainingStage,
)
from onmodel.deployments.deletion import allow_deployments
from onmodel.formats.jsonl import read_lines
from onmodel.registry.kinds import (
    APPROVALS,
    DATASETS,
    DEPLOYMENTS,
    GENERATIONS,
    STORYBOARDS,
    TRAININGS,
)
from onmodel.wiring import now
from onmodel_local.seed_stack import SeedRefusedError, SeedStack

SETTLED = timedelta(days=1)
"""The time since the last film was prepared: longer than any quiet period."""
PATIENCE_SECONDS = 60
MESSAGES_AT_ONCE = 10  # SQS delivers at most so many
DRAWN_BY_JOB = "check_drawing/references"
MACHINES = ("PrepareFilm", "TrainModel", "DeployModel", "RetireModel", "DrawStoryboard")


def seed_models(seed: SeedStack) -> None:
    """Seed what is missing, in the order of the pipeline, and restore what invocations changed."""
    allow_deployments(seed.registry, now)
    _stop_machines(seed)
    _open_generation(seed)
    if not _is_trained(seed):
        seed.say("dataset")
        _make_dataset(seed)
        seed.say("training")
        _train(seed)
    if not _is_in_service(seed):
        seed.say("deployment")
        _deploy(seed)
    if not _is_drawn(seed, "publish_gallery/drawn"):
        seed.say("storyboard")
        _draw(seed)
    if not _is_drawn(seed, DRAWN_BY_JOB):
        seed.say("storyboard of references")
        _draw_by_job(seed)
    # without this mail, reconcile takes the training's execution as failed
    seed.call_with_fixture("notify/model_ready")
    _lay_out_the_past(seed)


def _stop_machines(seed: SeedStack) -> None:
    """Stop executions: invocations start real ones, which would run beside the next ones."""
    executions = StepFunctionsExecutions(seed.stack.client("stepfunctions"))
    for machine in MACHINES:
        executions.stop_all(seed.outputs[f"{machine}Arn"], "the data is seeded again")


def _hurry(
    seed: SeedStack, name: str, is_done: Callable[[], bool], service: str = "bedrock"
) -> None:
    """End the waiting time of the simulation at once."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_done():
        if time.monotonic() > deadline:
            raise SeedRefusedError(f"{name} is not done after {PATIENCE_SECONDS} s")
        seed.stack.control(f"{service}/step", {"name": name})
        time.sleep(0.2)


# ── dataset ──────────────────────────────────────────────────────────────────────────────────────


def _open_generation(seed: SeedStack) -> None:
    """The generation, with its film collected and the quiet period over."""
    generation = seed.event("assemble_dataset/possible")["generation"]
    body = GenerationBody(
        attempt=generation["attempt"],
        runs=(seed.event("probe_film/film")["run"]["run_id"],),
        last_prepared_at=now() - SETTLED,
        correlation_id=generation["correlation_id"],
    )
    seed.put_row(GENERATIONS, generation["generation_id"], GenerationStatus.OPEN, body)


def _dataset(seed: SeedStack) -> DatasetRef:
    return DatasetRef.model_validate(seed.event("start_training/dataset")["dataset"])


def _make_dataset(seed: SeedStack) -> None:
    made = DatasetRef.model_validate(seed.call_with_fixture("assemble_dataset/possible"))
    _name_as_the_fixtures_do(seed, made)
    _open_generation(seed)
    _caption(seed)
    for step in (
        "quote_training",
        "check_captions",
        "collect_captions",
        "write_manifest",
        "report_dataset",
    ):
        seed.call_with_fixture(f"{step}/dataset")


def _name_as_the_fixtures_do(seed: SeedStack, made: DatasetRef) -> None:
    """Rename the dataset: its id is a hash of its content, which fixtures cannot contain."""
    before, after = made.dataset_id, _dataset(seed).dataset_id
    prefix = f"{made.production}/datasets/{before}/"
    for info in list(seed.studio.list(prefix)):
        content = seed.studio.get(info.key)
        if info.key.endswith((".json", ".jsonl")):
            content = content.replace(before.encode(), after.encode())
        seed.studio.put(info.key.replace(before, after), content, "application/octet-stream")
    row = seed.row(DATASETS, before)
    if row is None:
        raise SeedRefusedError(f"{before} was made and does not exist")
    body = DatasetBody.from_stored(row.body.model_dump_json().replace(before, after))
    seed.put_row(DATASETS, after, DatasetStatus.ASSEMBLED, body)
    DATASETS.delete(seed.registry, row)
    seed.studio.delete_prefix(prefix)


def _caption(seed: SeedStack) -> None:
    """Caption every picture, by messages with tokens that no task waits for."""
    dataset = _dataset(seed)
    keys = DatasetKeys(dataset.production, dataset.dataset_id)
    (template,) = seed.event("caption_crop/one")["Records"]
    messages = [
        CaptionMessage(
            token=template["messageId"], item=item, correlation_id=dataset.correlation_id
        )
        for item in read_lines(CaptionItem, seed.studio.get(keys.to_caption))
    ]
    for start in range(0, len(messages), MESSAGES_AT_ONCE):
        batch = messages[start : start + MESSAGES_AT_ONCE]
        records = [{**template, "body": message.model_dump_json()} for message in batch]
        answer = seed.call("caption_crop", {"Records": records})
        if answer["batchItemFailures"]:
            raise SeedRefusedError(f"captions failed: {answer}")
    picture = read_lines(DatasetItem, seed.studio.get(keys.items))[0].key
    for message in QueuedMessages.model_validate(seed.event("caption_crop/batch")).records:
        named = CaptionMessage.from_stored(message.body).item.key
        seed.studio.put(named, seed.studio.get(picture), "image/jpeg")


# ── training ─────────────────────────────────────────────────────────────────────────────────────


def _is_trained(seed: SeedStack) -> bool:
    row = seed.row(TRAININGS, _dataset(seed).dataset_id)
    return row is not None and row.status == TrainingStage.COMPLETED


def _training(seed: SeedStack) -> TrainingBody:
    row = seed.row(TRAININGS, _dataset(seed).dataset_id)
    if row is None:
        raise SeedRefusedError("the training was started and does not exist")
    return row.body


def _train(seed: SeedStack) -> None:
    arn = seed.event("claim_training/job_event")["request"]["job_arn"]
    bedrock = seed.stack.client("bedrock")

    def is_over() -> bool:
        job = bedrock.get_model_customization_job(jobIdentifier=arn)
        return bool(job["status"] != "InProgress")

    with _silent_jobs(seed):
        seed.stack.control("bedrock/next-job", {"id": arn.rsplit("/", 1)[-1]})
        seed.call_with_fixture("start_training/dataset")
        _hurry(seed, arn, is_over)
        time.sleep(1)  # the last event is sent in the background
    seed.call_with_fixture("claim_training/job_event")


@contextmanager
def _silent_jobs(seed: SeedStack) -> Iterator[None]:
    """Disable the rule that starts DeployModel while the training is seeded."""
    seed.stack.control("bedrock/events", {"times": 0})
    try:
        yield
    finally:
        seed.stack.control("bedrock/events", {"times": 1})


# ── deployment ───────────────────────────────────────────────────────────────────────────────────


def _standing(seed: SeedStack) -> list[str]:
    return [result["name"] for result in seed.stack.control("billing")["throughput"]]


def _is_in_service(seed: SeedStack) -> bool:
    wanted = seed.event("provision_model/scheduled")["deployment"]["deployment_id"]
    return bool(_standing(seed)) and any(
        row.id == wanted
        and row.status == DeploymentStage.IN_SERVICE
        and row.body.retires_at > now()
        for row in DEPLOYMENTS.list(seed.registry, seed.production)
    )


def _deploy(seed: SeedStack) -> None:
    for name in _standing(seed):
        seed.stack.control("bedrock/forget", {"name": name})
    for row in list(DEPLOYMENTS.list(seed.registry, seed.production)):
        DEPLOYMENTS.delete(seed.registry, row)
    seed.call_with_fixture("schedule_retirement/first")
    seed.call_with_fixture("provision_model/scheduled")
    (made,) = _standing(seed)
    _hurry(
        seed,
        made,
        lambda: seed.call_with_fixture("check_deployment/scheduled")["state"] == "in_service",
    )


def _lay_out_the_past(seed: SeedStack) -> None:
    """Rows for three mails: an ended deployment, a failed training, an expired question."""
    wanted = seed.event("provision_model/scheduled")["deployment"]["deployment_id"]
    live = DEPLOYMENTS.require(seed.registry, seed.production, wanted)
    over = live.body.model_copy(update={"retired_at": now()})
    retired = seed.event("notify/retired")["notification"]["id"]
    seed.put_row(DEPLOYMENTS, retired, DeploymentStage.RETIRED, over)
    failed = _training(seed).model_copy(
        update={"job_ref": None, "model_ref": None, "reason": "Internal server error"}
    )
    identity = seed.event("notify/training_failed")["notification"]["id"]
    seed.put_row(TRAININGS, identity, TrainingStage.FAILED, failed)
    asked = seed.event("request_approval/training")
    question = ApprovalBody(
        purpose=asked["purpose"],
        subject_id=asked["subject_id"],
        usd=asked["usd"],
        task_token=asked["token"],
        expires_at=now() - SETTLED,
        correlation_id=asked["correlation_id"],
        answered_at=now(),
    )
    seed.put_row(APPROVALS, "0" * 16, ApprovalStatus.EXPIRED, question)


# ── storyboards ──────────────────────────────────────────────────────────────────────────────────


def _is_drawn(seed: SeedStack, fixture: str) -> bool:
    wanted = seed.event(fixture)["storyboard"]["storyboard_id"]
    row = seed.row(STORYBOARDS, wanted)
    return row is not None and row.status == StoryboardStatus.DRAWN


def _draw(seed: SeedStack) -> None:
    planned = seed.call_with_fixture("plan_storyboard/uploaded")
    _publish(seed, planned, seed.event("publish_gallery/drawn")["execution_arn"])


def _draw_by_job(seed: SeedStack) -> None:
    planned = seed.call_with_fixture("start_drawing/references")
    take = STORYBOARDS.require(seed.registry, seed.production, planned["storyboard_id"])
    job = (take.body.drawing_ref or "").rpartition("/")[2]
    _hurry(
        seed,
        job,
        lambda: seed.call_with_fixture(DRAWN_BY_JOB)["state"] == "over",
        service="sagemaker",
    )
    _publish(seed, planned, seed.event("start_drawing/references")["execution_arn"])


def _publish(seed: SeedStack, planned: dict[str, Any], execution_arn: str) -> None:
    """Draw the panels that are not drawn yet, score all of them, and make the gallery."""
    seed.call("write_questions", {"storyboard": planned})
    for line in seed.studio.get(planned["panels_key"]).splitlines():
        for step in ("draw_panel", "score_panel"):
            seed.call(step, {"item": json.loads(line)})
    seed.call("publish_gallery", {"storyboard": planned, "execution_arn": execution_arn})
