"""PrepareFilm from the real template on the local stack: upload a film, look at what it came to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from drawn.films import DrawnFilm, draw_film
from e2e.deployed_stack import DeployedStack
from waiting import wait_until

from onmodel.contracts.crops import RejectReason
from onmodel.contracts.keys import accepted_settings_key
from onmodel.contracts.settings import Settings
from onmodel.films.settings import settings_in_force
from onmodel.vision.decoding import decode_picture

SETTINGS = b"sampling: {chunk_seconds: 6}\ncrop: {max_enlargement: 16}\n"  # its figures are small


def test_film_when_uploaded_then_report_crops_and_mail_within_its_roles(
    studio: DeployedStack, drawn: DrawnFilm
) -> None:
    studio.upload("whole/settings.yaml", SETTINGS + b"finder: {kind: [labels, grounding]}\n")
    studio.upload("whole/films/drawn.mp4", drawn.path.read_bytes())
    record = studio.ended_run("whole")
    assert record.status == "prepared", record.body
    summary = studio.summary(record)
    crops = studio.crops(record)
    assert summary.frames == 20
    assert "simulated" in summary.notices[0]
    assert summary.crops_kept == len(crops) > 0
    assert summary.estimated_usd and summary.estimated_usd > 0
    assert {crop.found_by for crop in crops} == {("labels", "grounding")}
    paid = {use.item: use.paid for use in summary.usage}
    assert paid["bedrock.amazon.nova-pro-v1:0.input-1k"] > paid["rekognition.detect-labels"]
    picture = decode_picture(studio.store.get(crops[0].key)).pixels
    assert min(picture.shape[:2]) >= 512
    assert b"</html>" in studio.store.get(studio.keys(record).report)
    (mail,) = studio.wait_for_mails("production whole is prepared.")
    assert "drawn.mp4 is prepared" in mail.subject
    assert mail.correlation_id == studio.run(record).correlation_id


def test_film_when_same_again_twice_and_at_once_then_one_run_and_nothing_paid(
    studio: DeployedStack, drawn: DrawnFilm
) -> None:
    body = drawn.path.read_bytes()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: studio.upload("twice/films/drawn.mp4", body), range(2)))
    record = studio.ended_run("twice")
    assert record.status == "prepared", record.body
    executions, labels = len(studio.executions()), studio.paid_calls()["rekognition"]
    studio.upload("twice/films/drawn.mp4", body)
    studio.upload("after/notes.txt", b"routed after the film")
    studio.wait_for_mails("after/notes.txt")
    assert [record.id for record in studio.runs("twice")] == [record.id]
    assert len(studio.executions()) == executions
    assert studio.paid_calls()["rekognition"] == labels  # a training may call Bedrock meanwhile


def test_film_when_replaced_or_threshold_changed_then_new_runs_and_only_new_pictures_paid(
    studio: DeployedStack, drawn: DrawnFilm, tmp_path: Path
) -> None:
    studio.upload("again/films/drawn.mp4", drawn.path.read_bytes())
    first = studio.ended_run("again")
    labels = studio.paid_calls()["rekognition"]
    studio.upload("again/settings.yaml", b"deduplication: {threshold: 0.6}\n")
    studio.upload("again/films/drawn.mp4", drawn.path.read_bytes())
    second = studio.ended_run("again", 2)
    assert second.id != first.id
    assert studio.paid_calls()["rekognition"] == labels, "a changed threshold re-uses every label"
    usage = studio.summary(second).usage
    assert sum(use.paid for use in usage) == 0, "and every embedding"
    assert sum(use.reused for use in usage) > 0
    assert studio.summary(second).crops_kept <= studio.summary(first).crops_kept
    shorter = draw_film(tmp_path / "shorter.mp4", seconds=6)
    studio.upload("again/films/drawn.mp4", shorter.path.read_bytes())
    third = studio.ended_run("again", 3)
    assert studio.run(third).film_id != studio.run(first).film_id
    assert studio.summary(third).frames == 6


def test_film_when_found_by_a_model_that_bills_then_it_runs_for_that_film_alone(
    studio: DeployedStack, drawn: DrawnFilm
) -> None:
    rekognition = studio.stack.client("rekognition")
    project = rekognition.create_project(ProjectName="onmodel-cast")["ProjectArn"]
    model = rekognition.create_project_version(
        ProjectArn=project,
        VersionName="first",
        OutputConfig={"S3Bucket": "models", "S3KeyPrefix": "first"},
    )["ProjectVersionArn"]
    finder = f"finder: {{kind: custom_labels, custom_labels: {{model: {model!r}}}}}\n"
    studio.upload("cast/settings.yaml", SETTINGS + finder.encode())
    studio.upload("cast/films/drawn.mp4", drawn.path.read_bytes())
    record = studio.ended_run("cast")
    assert record.status == "prepared", record.body
    assert {crop.found_by for crop in studio.crops(record)} == {("custom_labels",)}
    hours = {use.item: use.paid for use in studio.summary(record).usage}
    assert hours["rekognition.custom-labels-hour"] > 0

    def status() -> str:
        (version,) = rekognition.describe_project_versions(ProjectArn=project)[
            "ProjectVersionDescriptions"
        ]
        return str(version["Status"])

    wait_until(lambda: status() == "STOPPED", status)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("junk.mp4", "not"), ("truncated.mp4", ""), ("silent.mp4", "")],
)
def test_film_when_unreadable_then_refused_once_with_advice_and_nothing_stays(
    studio: DeployedStack, drawn: DrawnFilm, name: str, reason: str
) -> None:
    production = f"bad-{name.removesuffix('.mp4')}"
    whole = drawn.path.read_bytes()
    body = {
        "junk.mp4": b"not a film " * 100,
        "truncated.mp4": whole[:3000],
        "silent.mp4": b"ID3" + bytes(2000),
    }[name]
    studio.upload(f"{production}/films/{name}", body)
    record = studio.ended_run(production)
    assert record.status == "refused", record.body
    assert reason in record.body["reason"].lower()
    assert len(studio.wait_for_mails(f"“{name}” of production {production}")) == 1
    assert not list(studio.store.list(f"{production}/"))


def test_settings_when_deleted_then_the_defaults_hold(studio: DeployedStack) -> None:
    key, accepted = "gone/settings.yaml", accepted_settings_key("gone")
    studio.upload(key, b"training: {automatic: false}\n")
    wait_until(
        lambda: any(info.key == accepted for info in studio.store.list("gone/")),
        lambda: studio.state_of("gone"),
    )
    assert not settings_in_force("gone", studio.store).training.automatic
    studio.stack.client("s3").delete_object(Bucket=studio.outputs["UploadsBucket"], Key=key)
    wait_until(
        lambda: settings_in_force("gone", studio.store) == Settings(),
        lambda: studio.state_of("gone"),
    )


def test_upload_when_it_is_no_film_then_no_run_and_no_mail(
    studio: DeployedStack, drawn: DrawnFilm
) -> None:
    ignored = ("a.mp4.filepart", "a.srt", "@eaDir/a.mp4", "day1_$folder$")
    for name in ignored:
        studio.upload(f"copied/films/{name}", drawn.path.read_bytes())
    studio.upload("copied/films/a.mp4", b"")
    studio.upload("copied/films/a.mp4", drawn.path.read_bytes())
    record = studio.ended_run("copied")
    assert record.status == "prepared", record.body
    assert [run.id for run in studio.runs("copied")] == [record.id]
    studio.wait_for_mails("production copied")
    texts = [mail.subject + mail.body for mail in studio.mails()]
    assert not [text for text in texts for name in ignored if name in text]


def test_run_when_its_execution_died_then_uploading_again_takes_it_over(
    studio: DeployedStack, drawn: DrawnFilm
) -> None:
    body = drawn.path.read_bytes()
    studio.upload("died/settings.yaml", SETTINGS)
    studio.upload("died/films/drawn.mp4", body)
    wait_until(
        lambda: any(record.status == "running" for record in studio.runs("died")),
        lambda: studio.state_of("died"),
    )
    (record,) = studio.runs("died")
    studio.stack.client("stepfunctions").stop_execution(executionArn=record.holder)
    studio.upload("died/films/drawn.mp4", body)
    ended = studio.ended_run("died")
    assert (ended.status, ended.id) == ("prepared", record.id), ended.body
    assert studio.run(ended).attempt == 2


def test_calls_when_throttled_then_retried_and_the_film_is_whole(
    studio: DeployedStack, drawn: DrawnFilm, tmp_path: Path
) -> None:
    film = draw_film(tmp_path / "throttled.mp4", seconds=5, size=(480, 270))
    studio.stack.control(
        "faults",
        {"service": "rekognition", "operation": "DetectLabels", "error": "ThrottlingException",
         "times": 4},
    )  # fmt: skip
    studio.upload("slow/films/throttled.mp4", film.path.read_bytes())
    record = studio.ended_run("slow")
    assert record.status == "prepared", record.body
    summary = studio.summary(record)
    assert summary.frames == 5
    assert summary.rejected.get(RejectReason.UNREADABLE, 0) == 0
