"""A stack of before the package was laid out anew is updated: what it holds works as before.

The template and the code of before come from the repository's history.
"""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from drawn.films import draw_film
from drawn.references import SETTINGS, cut_references
from e2e.deployed_stack import DeployedStack
from e2e.test_train_model import behind_the_link, only, question_of
from waiting import PATIENCE_SECONDS, wait_until

from onmodel.contracts.keys import accepted_settings_key
from onmodel.contracts.rows import Kind
from onmodel.contracts.settings import Settings
from onmodel.registry import kinds
from onmodel.registry.rows import AnyRow, Rows
from onmodel_local.deploy import STACK, deploy_template
from onmodel_local.mail import CaughtMail, MailCatcher
from onmodel_local.simulation_settings import SimulationSettings
from onmodel_local.stack import LocalStack

ROOT = Path(__file__).parents[2]
BEFORE = "6b05028"
"""The last commit before the package was laid out by domain and functions were renamed."""

PARAMETERS = {"QuietSeconds": "0"}
FAST = SimulationSettings(training_seconds=1, throughput_seconds=1)
KEPT = frozenset({
    "AWS::ApiGatewayV2::Api", "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SNS::Topic",
    "AWS::SQS::Queue", "AWS::Scheduler::ScheduleGroup", "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
})  # fmt: skip
ABOVE_THE_LIMIT = (
    b"training: {include_unnamed: true, max_pictures: 5, validation_share: 0, steps: 5000}\n"
)
"""Settings of a training that is quoted above the limit, so that a person is asked."""

KINDS = [rows for rows in vars(kinds).values() if isinstance(rows, Rows)]


@dataclass(frozen=True)
class Updated:
    """A stack after its update, and what was true of it before."""

    studio: DeployedStack
    film: bytes
    resources_before: dict[str, str]
    paid_before: dict[str, Any]
    link_before: str
    question_before: CaughtMail


def check_out(commit: str, folder: Path) -> Path:
    """The repository's files of a commit; the test is skipped where the history is absent."""
    git = subprocess.run(
        ["git", "archive", "--format=tar", commit], cwd=ROOT, check=False, capture_output=True
    )
    if git.returncode != 0:
        pytest.skip(f"The update is not tested: {git.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(git.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="module")
def updated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Updated]:
    """A film, a dataset, a training, a deployment and a question of before; then the update."""
    folder = tmp_path_factory.mktemp("update")
    before = check_out(BEFORE, folder / "before")
    drawn = draw_film(folder / "drawn.mp4", seconds=8)
    film = drawn.path.read_bytes()
    with LocalStack(settings=FAST, vision_url="") as stack:
        outputs = deploy_template(stack, before / "template.yaml", parameters=PARAMETERS)
        studio = DeployedStack(stack, outputs, MailCatcher(stack, outputs["TopicArn"]))
        references = cut_references(drawn)
        for name, picture in references.items():
            studio.upload(f"show/characters/{name}", picture)
        settings_before = SETTINGS.replace(b", max_enlargement: 16", b"")
        studio.upload("show/settings.yaml", settings_before)
        wait_until(
            lambda: len(list(studio.registry.list("show", Kind.REFERENCE))) == len(references),
            lambda: studio.state_of("show"),
        )
        studio.upload("show/films/drawn.mp4", film)
        only(studio, Kind.DEPLOYMENT, "show", {"in_service"})
        only(studio, Kind.STORYBOARD, "show", {"drawn"})
        studio.wait_for_mails("The model of show is ready")
        (mail,) = studio.wait_for_mails("production show has been looked at")
        link = re.search(r"http://127\.0\.0\.1:\d+/_aws/execute-api/\S+", mail.body)
        assert link, mail.body
        studio.upload("asks/settings.yaml", settings_before + ABOVE_THE_LIMIT)
        studio.upload("asks/films/drawn.mp4", film)
        question = question_of(studio, only(studio, Kind.APPROVAL, "asks", {"pending"}))
        paid, resources = studio.paid_calls(), kept_resources(stack)
        after = deploy_template(stack, ROOT / "template.yaml", parameters=PARAMETERS)
        yield Updated(
            studio=DeployedStack(stack, after, studio.catcher),
            film=film,
            resources_before=resources,
            paid_before=paid,
            link_before=link[0],
            question_before=question,
        )


def kept_resources(stack: LocalStack) -> dict[str, str]:
    """Logical id to physical id of what holds data or has an address."""
    pages = stack.client("cloudformation").get_paginator("list_stack_resources")
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages.paginate(StackName=STACK)
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] in KEPT
    }


def rows_of(studio: DeployedStack) -> dict[Kind, list[AnyRow]]:
    """All rows of the production, read by the current code."""
    return {rows.kind: list(rows.list(studio.registry, "show")) for rows in KINDS}


def test_stack_when_updated_then_what_holds_data_or_has_an_address_is_not_replaced(
    updated: Updated,
) -> None:
    assert len(updated.resources_before) == 17
    assert kept_resources(updated.studio.stack).items() >= updated.resources_before.items()


def test_rows_and_settings_when_written_before_the_update_then_they_load(updated: Updated) -> None:
    found = rows_of(updated.studio)
    for kind in (Kind.FILM, Kind.RUN, Kind.REFERENCE, Kind.DATASET, Kind.TRAINING,
                 Kind.DEPLOYMENT, Kind.STORYBOARD, Kind.MAIL):  # fmt: skip
        assert found[kind], kind
    assert found[Kind.FILM][0].body.title == "drawn.mp4"
    settings = updated.studio.store.get(accepted_settings_key("show"))
    assert Settings.model_validate_json(settings).naming.threshold == 0.4


def test_link_when_mailed_before_the_update_then_it_opens_the_report(updated: Updated) -> None:
    with urllib.request.urlopen(updated.link_before, timeout=PATIENCE_SECONDS) as answer:
        page = answer.read().decode()
    assert answer.status == 200
    assert "drawn.mp4" in page


def test_film_when_uploaded_again_after_the_update_then_nothing_is_paid_twice(
    updated: Updated,
) -> None:
    studio = updated.studio
    settings = SETTINGS.replace(b"threshold: 0.98", b"threshold: 0.97").replace(
        b"sampling: {", b"finder: {look_every: 1}\nsampling: {unchanged_tile_difference: 255, "
    )  # the frames and crops that the code before chose, too
    studio.upload("show/settings.yaml", settings)
    wait_until(
        lambda: b"0.97" in studio.store.get(accepted_settings_key("show")),
        lambda: studio.state_of("show"),
    )
    studio.upload("show/films/drawn.mp4", updated.film)
    again = studio.ended_run("show", 2)
    assert again.status == "prepared", again.body
    assert studio.paid_calls()["rekognition"] == updated.paid_before["rekognition"]
    assert (
        studio.paid_calls()["bedrock-runtime"]["InvokeModel"]
        == updated.paid_before["bedrock-runtime"]["InvokeModel"]
    )


def test_retirement_when_scheduled_before_the_update_then_it_fires_and_nothing_bills(
    updated: Updated,
) -> None:
    studio = updated.studio
    deployment = only(studio, Kind.DEPLOYMENT, "show", {"in_service"})
    scheduler = studio.stack.client("scheduler")
    place = {
        "GroupName": updated.resources_before["ScheduleGroup"],
        "Name": deployment.body["schedule_name"],
    }
    schedule = scheduler.get_schedule(**place)
    soon = datetime.now(UTC) + timedelta(seconds=1)
    # its time is hours away: only that is changed
    scheduler.update_schedule(
        **place,
        ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow=schedule["FlexibleTimeWindow"],
        Target=schedule["Target"],
        ActionAfterCompletion=schedule["ActionAfterCompletion"],
    )
    retired = only(studio, Kind.DEPLOYMENT, "show", {"retired"})
    assert retired.body["reason"] == "its time is up"
    studio.wait_for_mails("switched off")
    assert studio.stack.control("billing")["nothing_by_the_hour"]


def test_question_when_mailed_before_the_update_then_its_link_asks_and_the_training_begins(
    updated: Updated,
) -> None:
    studio = updated.studio
    only(studio, Kind.APPROVAL, "asks", {"pending"})
    assert "Approve" in behind_the_link(updated.question_before)
    only(studio, Kind.APPROVAL, "asks", {"pending"})
    behind_the_link(updated.question_before, "approve")
    only(studio, Kind.APPROVAL, "asks", {"approved"})
    training = only(studio, Kind.TRAINING, "asks", {"completed", "failed"})
    assert training.status == "completed", training.body
