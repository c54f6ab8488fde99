"""From a film to a model and back to zero, with one approval, on the local stack."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from drawn.films import DrawnFilm
from drawn.references import SETTINGS, cut_references
from e2e.deployed_stack import DeployedStack, behind_the_link
from e2e.test_delete_production import delete, left
from waiting import PATIENCE_SECONDS, wait_until

from onmodel.contracts.keys import DatasetKeys, execution_arn
from onmodel.contracts.rows import Kind
from onmodel.ports.registry import Record
from onmodel.ports.storage import ObjectInfo
from onmodel_local.deploy import STACK
from onmodel_local.mail import CaughtMail

ROOT = Path(__file__).parents[2]

ON_THE_WAY_TO_A_MODEL = {
    "collect_film", "settle_generation", "preflight_training", "assemble_dataset",
    "quote_training", "caption_crop", "check_captions", "collect_captions", "write_manifest",
    "report_dataset",
    "start_training", "claim_training", "draw_loss_curve", "schedule_retirement",
    "provision_model", "check_deployment", "plan_storyboard", "draw_panel", "score_panel",
    "write_questions",
    "publish_gallery", "notify", "request_approval",
}  # fmt: skip

REVIEWED = "Are the pictures and captions of"

CALLED_ELSEWHERE = {
    "quote_drawing", "start_drawing", "check_drawing",  # test_train_on_sagemaker.py
    "start_human_loops", "read_human_loop",  # likewise
    "start_detector", "stop_detector",  # test_prepare_film.py
}  # fmt: skip


def only(studio: DeployedStack, kind: Kind, production: str, status: set[str]) -> Record:
    """The one row of a kind, when it has one of these statuses."""

    def rows() -> list[Record]:
        return [row for row in studio.registry.list(production, kind) if row.status in status]

    wait_until(
        lambda: bool(rows()),
        lambda: str(list(studio.registry.list(production, kind))) + studio.state_of(production),
    )
    (row,) = rows()
    return row


def question_of(studio: DeployedStack, approval: Record) -> CaughtMail:
    """The mail that asks for this approval, which is no review."""
    about = f"({approval.body['subject_id']})"
    mails = [mail for mail in studio.wait_for_mails(about) if "?" in mail.subject]
    (mail,) = [mail for mail in mails if not mail.subject.startswith(REVIEWED)]
    return mail


@pytest.fixture(scope="module")
def trained(studio: DeployedStack, drawn: DrawnFilm) -> Record:
    """The training of a production whose film landed, was approved and was reviewed."""
    for name, picture in cut_references(drawn).items():
        studio.upload(f"show/characters/{name}", picture)
    studio.upload("show/settings.yaml", SETTINGS + b"review: page\n")
    wait_until(
        lambda: len(list(studio.registry.list("show", Kind.REFERENCE))) == 6,
        lambda: studio.state_of("show"),
    )
    studio.upload("show/films/drawn.mp4", drawn.path.read_bytes())
    asked = only(studio, Kind.APPROVAL, "show", {"pending"})
    behind_the_link(question_of(studio, asked), "approve")
    review(studio)
    return only(studio, Kind.TRAINING, "show", {"completed", "failed"})


def review(studio: DeployedStack) -> None:
    """Behind the mail's link: reject the first picture, write the caption of the second, finish."""
    asked = only(studio, Kind.APPROVAL, "show", {"pending"})
    assert asked.body["purpose"] == "review"
    (mail,) = studio.wait_for_mails(f"{REVIEWED} show good?")
    link = re.search(r"http://127\.0\.0\.1:\d+/_aws/execute-api/\S+/review/\S+/", mail.body)
    assert link, mail.body
    assert "static/review.css" in told(link[0])
    assert "export" in told(f"{link[0]}static/main.js") + told(f"{link[0]}static/keys.js")
    page = json.loads(told(f"{link[0]}items"))
    assert page["is_waited_for"] is True
    for address in (page["items"][0]["picture"], page["sheets"][0]):
        with urllib.request.urlopen(address, timeout=PATIENCE_SECONDS) as picture:
            assert picture.headers["Content-Type"] == "image/jpeg"
    assert json.loads(told(f"{link[0]}groups?threshold=0.5"))["groups"]
    first, second = page["items"][:2]
    corrections = [
        {"crop_id": first["crop_id"], "version": 0, "verdict": "rejected"},
        {"crop_id": second["crop_id"], "version": 0, "caption": WRITTEN},
    ]
    results = json.loads(told(f"{link[0]}corrections", {"corrections": corrections}))["results"]
    assert [result["saved"] for result in results] == [True, True]
    assert json.loads(told(f"{link[0]}done", {}))["message"]


WRITTEN = "Mira, as a person saw her."


def told(address: str, posted: object = None) -> str:
    """What the review's address answers."""
    body = None if posted is None else json.dumps(posted).encode()
    with urllib.request.urlopen(address, data=body, timeout=PATIENCE_SECONDS) as answer:
        return str(answer.read().decode())


def test_dataset_when_reviewed_then_trained_on_with_the_corrections(
    studio: DeployedStack, trained: Record
) -> None:
    keys = DatasetKeys("show", trained.body["dataset_id"])
    decided = {row.id: row.body for row in studio.registry.list("show", Kind.REVIEW)}
    (rejected,) = [crop for crop, body in decided.items() if body["verdict"] == "rejected"]
    notes = [json.loads(line) for line in studio.store.get(keys.annotations).splitlines()]
    assert rejected not in {note["crop_id"] for note in notes}
    assert WRITTEN in {note["alt_text"] for note in notes}
    left_out = [json.loads(line) for line in studio.store.get(keys.left_out).splitlines()]
    assert [line["crop_id"] for line in left_out if line["reason"] == "reviewed_out"] == [rejected]


def test_film_when_it_landed_then_a_dataset_in_bedrocks_form_was_trained_on(
    studio: DeployedStack, trained: Record
) -> None:
    assert trained.status == "completed", trained.body
    keys = DatasetKeys("show", trained.body["dataset_id"])
    lines = [json.loads(line) for line in studio.store.get(keys.manifest).splitlines()]
    assert len(lines) >= 5
    assert all(set(line) == {"image-ref", "caption"} for line in lines)
    key = lines[0]["image-ref"].removeprefix(f"s3://{studio.store.bucket}/")
    assert studio.store.get(key)
    notes = [json.loads(line) for line in studio.store.get(keys.annotations).splitlines()]
    assert {note["character"] for note in notes} <= {"mira", "otto", "pip", None}
    assert all({"image_ref", "alt_text", "crop_id", "box", "shot"} <= set(note) for note in notes)


def test_question_when_approved_then_training_and_deployment_need_no_second_one(
    studio: DeployedStack, trained: Record
) -> None:
    only(studio, Kind.DEPLOYMENT, "show", {"in_service"})
    approvals = studio.registry.list("show", Kind.APPROVAL)
    (approval,) = [row for row in approvals if row.body["purpose"] == "training"]
    parts = {part["name"]: part["usd"] for part in approval.body["parts"]}
    assert set(parts) == {"captions", "training", "deployment", "judging"}
    assert approval.body["usd"] == pytest.approx(sum(parts.values()))
    assert parts["deployment"] == 4 * 60.5
    assert trained.body["agreed_parts"] == approval.body["parts"]
    mail = question_of(studio, approval)
    assert "deployment, until its scheduled end" in mail.body and "drawn.mp4" in mail.body


def test_training_when_completed_then_a_model_is_ready_with_a_storyboard_and_an_end(
    studio: DeployedStack, trained: Record
) -> None:
    deployment = only(studio, Kind.DEPLOYMENT, "show", {"in_service"})
    (mail,) = studio.wait_for_mails("The model of show is ready")
    assert "switch" in mail.body
    assert "what of a training and of pictures is simulated" in mail.as_text()
    scheduler = studio.stack.client("scheduler")
    schedules = scheduler.list_schedules(GroupName=studio.outputs["ScheduleGroup"])["Schedules"]
    assert any(deployment.id in schedule["Name"] for schedule in schedules)
    board = only(studio, Kind.STORYBOARD, "show", {"drawn"})
    gallery = [
        info.key
        for info in studio.store.list("show/storyboards/")
        if info.key.endswith("gallery/index.html")
    ]
    assert board.id
    assert len(gallery) == 1
    assert studio.stack.control("billing")["usd_per_hour"] > 0
    assert trained.id in deployment.id


def test_lines_when_a_model_came_of_a_film_then_its_whole_way_has_the_uploads_id(
    studio: DeployedStack, trained: Record
) -> None:
    only(studio, Kind.DEPLOYMENT, "show", {"in_service"})
    (mail,) = studio.wait_for_mails("The model of show is ready")
    (run,) = studio.runs("show")
    assert mail.correlation_id == studio.run(run).correlation_id == trained.body["correlation_id"]
    logged = {
        name for name, line in studio.log_lines()
        if line.get("correlation_id") == mail.correlation_id
    }  # fmt: skip
    assert logged >= ON_THE_WAY_TO_A_MODEL


def test_deployment_when_retired_then_nothing_bills_by_the_hour_and_the_bill_is_told(
    studio: DeployedStack, trained: Record
) -> None:
    deployment = only(studio, Kind.DEPLOYMENT, "show", {"in_service"})
    payload = {
        "deployment": {
            "production": "show",
            "deployment_id": deployment.id,
            "reason": "a person asked",
            "correlation_id": "by-hand",
        }
    }
    machine = studio.outputs["RetireModelArn"]
    steps = studio.stack.client("stepfunctions")
    steps.start_execution(stateMachineArn=machine, name="by-hand", input=json.dumps(payload))
    only(studio, Kind.DEPLOYMENT, "show", {"retired"})
    studio.wait_for_mails("switched off")
    assert studio.stack.control("billing")["nothing_by_the_hour"]
    wait_until(
        lambda: (
            steps.describe_execution(executionArn=execution_arn(machine, "by-hand"))["status"]
            == "SUCCEEDED"
        ),
        lambda: studio.state_of("show"),
    )


def test_second_run_when_only_the_threshold_changes_then_no_caption_is_paid_again(
    studio: DeployedStack, drawn: DrawnFilm, trained: Record
) -> None:
    asked = studio.calls()["bedrock-runtime"]["Converse"]["ok"]
    studio.upload("show/settings.yaml", SETTINGS.replace(b"threshold: 0.98", b"threshold: 0.97"))
    studio.upload("show/films/drawn.mp4", drawn.path.read_bytes())
    approval = only(studio, Kind.APPROVAL, "show", {"pending"})
    assert approval.body["purpose"] == "training"
    assert studio.calls()["bedrock-runtime"]["Converse"]["ok"] == asked
    question_of(studio, approval)


def test_approval_when_looked_at_and_declined_then_nothing_is_trained(
    studio: DeployedStack, trained: Record
) -> None:
    asked = only(studio, Kind.APPROVAL, "show", {"pending"})
    mail = question_of(studio, asked)
    page = behind_the_link(mail)
    assert "Approve" in page and "at most" in page and "data:image/jpeg" in page
    only(studio, Kind.APPROVAL, "show", {"pending"})  # whoever follows a link decides nothing
    behind_the_link(mail, "decline")
    only(studio, Kind.APPROVAL, "show", {"declined"})
    machine = studio.outputs["TrainModelArn"]
    steps = studio.stack.client("stepfunctions")
    wait_until(
        lambda: (
            not steps.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
        ),
        lambda: studio.state_of("show"),
    )
    assert [row.id for row in studio.registry.list("show", Kind.TRAINING)] == [trained.id]


def test_storyboard_when_nothing_answers_then_asked_for_drawn_and_switched_off(
    studio: DeployedStack, trained: Record
) -> None:
    assert studio.stack.control("billing")["nothing_by_the_hour"]
    studio.upload("show/storyboards/walk.yaml", b"images: 1\nscenes: [Mira walks]\n")
    asked = only(studio, Kind.APPROVAL, "show", {"pending"})
    assert asked.body["purpose"] == "deployment"
    behind_the_link(question_of(studio, asked), "approve")
    wait_until(
        lambda: any(info.key.endswith("gallery/index.html") for info in drawn_boards(studio)),
        lambda: studio.state_of("show"),
    )
    wait_until(
        lambda: (
            {row.status for row in studio.registry.list("show", Kind.DEPLOYMENT)} == {"retired"}
        ),
        lambda: str(list(studio.registry.list("show", Kind.DEPLOYMENT))),
    )
    assert studio.stack.control("billing")["nothing_by_the_hour"]


def mail_of(studio: DeployedStack) -> str:
    """A mail about the production of these tests."""
    return studio.wait_for_mails("production show is prepared.")[0].body


def drawn_boards(studio: DeployedStack) -> list[ObjectInfo]:
    return list(studio.store.list("show/storyboards/walk/"))


def test_functions_when_all_is_done_then_each_was_called_and_none_was_denied(
    studio: DeployedStack, trained: Record
) -> None:
    """The local stack asks IAM: what ended well, ended well with its own role."""
    home = re.search(r"http://127\.0\.0\.1:\d+/_aws/execute-api/\S+/home/\S+", mail_of(studio))
    assert home and trained.body["dataset_id"] in told(home[0])
    studio.upload("broken/films/broken.mp4", b"no film at all")
    assert studio.ended_run("broken").status == "refused"
    function = f"{STACK}-reconcile"
    event = (ROOT / "events" / "reconcile" / "scheduled.json").read_bytes()
    answer = studio.stack.client("lambda").invoke(FunctionName=function, Payload=event)
    assert "FunctionError" not in answer, answer["Payload"].read()

    called, denied = studio.called_functions()
    assert denied == []
    functions = {path.parent.name for path in ROOT.glob("functions/*/app.py")}
    assert functions - called <= CALLED_ELSEWHERE


def test_production_when_deleted_then_its_custom_model_is_too_and_anothers_stays(
    studio: DeployedStack, trained: Record, typed: Callable[..., Result]
) -> None:
    bedrock = studio.stack.client("bedrock")
    job = bedrock.get_model_customization_job(jobIdentifier=trained.body["job_ref"])
    anothers = {
        name: job[name]
        for name in ("roleArn", "trainingDataConfig", "outputDataConfig", "hyperParameters")
    } | {"jobName": "anothers", "customModelName": "anothers"}
    bedrock.create_model_customization_job(
        **anothers, baseModelIdentifier=job["baseModelArn"], customizationType="FINE_TUNING"
    )
    wait_until(lambda: "anothers" in custom_models(studio), lambda: str(custom_models(studio)))
    before = custom_models(studio)
    assert job["outputModelName"] in before

    done = delete("show", typed)
    assert done.exit_code == 0, done.stderr
    assert custom_models(studio) == before - {job["outputModelName"]}
    assert left(studio, "show") == []
    (tombstone,) = studio.registry.list("show", Kind.TOMBSTONE)
    assert {"name": "models", "number": 1, "size_bytes": 0} in tombstone.body["parts"]


def custom_models(studio: DeployedStack) -> set[str]:
    """The names of the models that Bedrock's stand-in has."""
    pages = studio.stack.client("bedrock").get_paginator("list_custom_models").paginate()
    return {model["modelName"] for page in pages for model in page["modelSummaries"]}
