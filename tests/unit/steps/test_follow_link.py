import base64
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from fakes.deployment_in_memory import TRAINING, DeploymentInMemory
from fakes.executions import execution_arn
from fakes.films_in_memory import TRAIN_MODEL, run_of
from fakes.mailbox import STACK_OPTIONS
from fakes.training_in_memory import LINKS_URL, PRODUCTION, TrainingInMemory
from functions import load_function

from onmodel.contracts.film_rows import RunBody, RunStatus
from onmodel.contracts.keys import FilmKeys
from onmodel.contracts.links import LinkRequest
from onmodel.contracts.rows import ApprovalStatus
from onmodel.contracts.trainings import CostPart, CostQuote, Purpose
from onmodel.errors import Conflict, ServiceError, ServiceUnavailable, Throttled
from onmodel.links.tokens import HomeTarget
from onmodel.ports.registry import Record
from onmodel.registry.kinds import APPROVALS, RUNS, TRAININGS, ApprovalRow
from onmodel.steps.follow_link import fault_page

KEY = "bunny/datasets/d0001-00000000/report/index.html"


class FilmsInMemory(TrainingInMemory):
    """Somebody was asked whether to train."""

    def __init__(self, **asked: object) -> None:
        super().__init__()
        self.ask(**asked)
        (record,) = APPROVALS.list(self.registry, PRODUCTION)
        self.link = self.links.link_to_approval(PRODUCTION, record.id, 7)

    @property
    def record(self) -> ApprovalRow:
        (record,) = APPROVALS.list(self.registry, PRODUCTION)
        return record

    def post(self, decision: str = "approve") -> int:
        return self.follow(self.link, "POST", f"decision={decision}").statusCode


@pytest.fixture
def world() -> FilmsInMemory:
    return FilmsInMemory()


def test_get_when_scanners_follow_it_often_then_nothing_is_decided(world: FilmsInMemory) -> None:
    for method in ("GET", "HEAD", "GET"):
        answer = world.follow(world.link, method)
        assert answer.statusCode == 200
    assert 'value="approve"' in answer.body and "$4,481.95" in answer.body
    assert world.record.status == ApprovalStatus.PENDING
    assert not world.tokens.succeeded


def test_page_when_shown_then_never_kept_nor_framed_nor_told_on(world: FilmsInMemory) -> None:
    headers = world.follow(world.link).headers
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("decision", "approved", "status"),
    [("approve", True, ApprovalStatus.APPROVED), ("decline", False, ApprovalStatus.DECLINED)],
)
def test_post_when_decided_then_the_machine_goes_on(
    world: FilmsInMemory, decision: str, approved: bool, status: ApprovalStatus
) -> None:
    assert world.post(decision) == 200
    assert world.record.status == status
    assert world.tokens.succeeded == {"task-1": {"approved": approved}}


def test_post_when_approved_then_says_what_happens_next_and_leads_to_the_home_page() -> None:
    parts = (CostPart(name="captions", usd=1, usual_usd=1), CostPart(name="training", usd=2,
             usual_usd=2), CostPart(name="deployment", usd=3, usual_usd=3))  # fmt: skip
    quote = CostQuote(usd=6, parts=parts, assumptions=())
    world = FilmsInMemory(usd=6, quote=quote)
    asked = world.follow(world.link).body
    answer = world.follow(world.link, "POST", "decision=approve").body
    steps = ("are captioned, within minutes", "takes hours; a mail says", "switched off by itself")
    for page, heading in ((asked, "What happens after an approval"), (answer, "What happens next")):
        at = [page.index(words) for words in (heading, *steps)]
        assert at == sorted(at)
    home = re.search(rf'href="({LINKS_URL}/home/[^"]+)"', answer)
    assert home is not None
    token = home[1].rpartition("/")[2]
    assert world.links.read(token) == HomeTarget(production=PRODUCTION)
    assert "/home/" not in asked


def test_post_when_declined_then_says_that_nothing_is_started(world: FilmsInMemory) -> None:
    answer = world.follow(world.link, "POST", "decision=decline").body
    assert "Nothing is started" in answer and "What happens next" not in answer


def test_post_when_the_form_is_base64_then_read(world: FilmsInMemory) -> None:
    body = base64.b64encode(b"decision=approve").decode()
    event = {
        "rawPath": "/$default/x", "isBase64Encoded": True, "body": body,
        "requestContext": {"http": {"method": "POST"}},
    }  # fmt: skip
    assert LinkRequest.model_validate(event).field("decision") == "approve"
    broken = LinkRequest.model_validate(event | {"body": "%%%"})
    assert broken.field("decision") == ""


def test_post_when_replayed_then_says_what_was_decided_and_nothing_changes(
    world: FilmsInMemory,
) -> None:
    world.post("approve")
    answer = world.follow(world.link, "POST", "decision=decline")
    assert answer.statusCode == 200 and "was approved" in answer.body
    assert world.record.status == ApprovalStatus.APPROVED
    assert world.tokens.succeeded == {"task-1": {"approved": True}}
    assert "was approved" in world.follow(world.link).body


def test_post_when_two_decide_at_once_then_the_first_counts_for_both(
    world: FilmsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = world.registry.replace

    def somebody_is_first(record: Record) -> Record:
        monkeypatch.undo()
        world.post("decline")
        return replace(record)

    monkeypatch.setattr(world.registry, "replace", somebody_is_first)
    answer = world.follow(world.link, "POST", "decision=approve")
    assert "was declined" in answer.body
    assert world.tokens.succeeded == {"task-1": {"approved": False}}


def test_post_when_the_token_is_renewed_meanwhile_then_the_newest_is_answered(
    world: FilmsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = world.registry.replace

    def asked_again(record: Record) -> Record:
        monkeypatch.undo()
        world.ask(token="task-2")
        return replace(record)

    monkeypatch.setattr(world.registry, "replace", asked_again)
    world.post()
    assert world.tokens.succeeded == {"task-2": {"approved": True}}


def test_post_when_it_died_before_the_machine_was_told_then_a_later_click_heals(
    world: FilmsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(token: str, output: object) -> bool:
        raise ServiceUnavailable("Step Functions is away")

    monkeypatch.setattr(world.tokens, "succeed", away)
    with pytest.raises(ServiceUnavailable):
        world.post()
    monkeypatch.undo()
    assert world.record.status == ApprovalStatus.APPROVED
    world.clock.advance(minutes=2)
    assert world.post() == 200
    assert world.tokens.succeeded == {"task-1": {"approved": True}}


def test_post_when_after_its_time_then_too_late_and_nothing_starts(world: FilmsInMemory) -> None:
    link = world.links.link_to_approval(PRODUCTION, world.record.id, 30)  # outlives the question
    world.clock.advance(days=7)
    assert world.follow(link).statusCode == 410
    answer = world.follow(link, "POST", "decision=approve")
    assert answer.statusCode == 410
    assert f"onmodel train --production bunny {STACK_OPTIONS}" in answer.body
    assert world.record.status == ApprovalStatus.EXPIRED
    assert not world.tokens.succeeded


def test_post_when_the_machine_ended_meanwhile_then_says_so(world: FilmsInMemory) -> None:
    world.tokens.waiting.clear()
    answer = world.follow(world.link, "POST", "decision=approve")
    assert answer.statusCode == 410 and "Nothing was started" in answer.body
    assert world.record.status == ApprovalStatus.EXPIRED


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "decision=",
        "decision=maybe",
        "approve",
        "&&&=%ff",
        "decision=approve" + "&a=b" * 10,
        "decision=approve&a=" + "b" * 4096,
    ],
)
def test_post_when_it_decides_nothing_then_asked_to_choose(
    world: FilmsInMemory, body: str | None
) -> None:
    assert world.follow(world.link, "POST", body).statusCode == 400
    assert world.record.status == ApprovalStatus.PENDING


@pytest.mark.parametrize(
    "path", ["/", "/favicon.ico", "/robots.txt", "/a.b.c", "/%00", "/" + "a" * 100_000, "/" * 9_000]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_link_when_the_link_is_forged_then_refused_with_a_page(
    world: FilmsInMemory, path: str, method: str
) -> None:
    answer = world.follow(path, method, "decision=approve")
    assert answer.statusCode == 403 and "not one of ours" in answer.body


def test_link_when_the_link_expired_then_refused(world: FilmsInMemory) -> None:
    world.clock.advance(days=8)
    assert world.post() == 403


def test_link_when_the_approval_is_gone_then_refused(world: FilmsInMemory) -> None:
    APPROVALS.delete(world.registry, world.record)
    assert world.post() == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS"])
def test_link_when_the_method_is_another_then_refused(world: FilmsInMemory, method: str) -> None:
    assert world.follow(world.link, method).statusCode == 405


@pytest.mark.parametrize(
    ("key", "size"), [("bunny/datasets/d0001-00000000/loss_curve.svg", 9), (KEY, 5_000_000)]
)
def test_object_when_followed_then_redirected_for_five_minutes(
    world: FilmsInMemory, key: str, size: int
) -> None:
    world.studio.put(key, b"x" * size, "text/plain")
    answer = world.follow(world.links.link_to_object(key, 30))
    assert answer.statusCode == 302
    assert answer.headers["location"].endswith(f"{key}?X-Amz-Expires=300")


def test_page_when_followed_then_shown_and_its_links_lead_back_here(world: FilmsInMemory) -> None:
    world.studio.put(KEY, b"<a href=page-2.html>", "text/html")
    world.studio.put(KEY.replace("index", "page-2"), b"<p>the second</p>", "text/html")
    link = world.links.link_to_object(KEY, 30)
    assert world.follow(link).body == "<a href=page-2.html>"
    assert world.follow(link.replace("index.html", "page-2.html")).body == "<p>the second</p>"
    of_before = link.replace("report/index.html", "page-2.html")
    assert world.follow(of_before).headers["location"] == "report/page-2.html"


def test_picture_when_a_report_leads_to_it_then_redirected_and_no_other_object(
    world: FilmsInMemory,
) -> None:
    world.studio.put("bunny/datasets/d0001-00000000/pictures/000001000-ab.jpg", b"x", "image/jpeg")
    world.studio.put("bunny/datasets/d0001-00000000/secret.jpg", b"x", "image/jpeg")
    run = run_of()
    RUNS.create(world.registry, PRODUCTION, run.run_id, status=RunStatus.PREPARED,
                body=RunBody(run=run, execution_arn="arn"), now=world.clock())  # fmt: skip
    keys = FilmKeys.of(run)
    world.studio.put(keys.picture("000002000-cd", "jpg"), b"x", "image/jpeg")
    dataset = world.links.link_to_object(KEY, 30).removesuffix("report/index.html")
    film = world.links.link_to_object(keys.report, 30).removesuffix("report/index.html")
    for link, key in (
        (f"{dataset}pictures/000001000-ab.jpg", "/pictures/000001000-ab.jpg"),
        (f"{film}crops/000002000-cd.jpg", keys.picture("000002000-cd", "jpg")),
    ):
        assert f"{key}?X-Amz-Expires=300" in world.follow(link).headers["location"]
    for nothing in (
        f"{dataset}pictures/secret.jpg", f"{dataset}crops/000001000-ab.jpg",
        f"{film}pictures/000002000-cd.jpg", f"{dataset}pictures/..%2fsecret.jpg",
    ):  # fmt: skip
        assert world.follow(nothing).statusCode in {403, 404}, nothing


@pytest.mark.parametrize("name", ["page-9.html", "../summary.html", "%2e%2e", "Index.HTML", ""])
def test_page_when_another_is_asked_for_then_nothing_else_is_shown(
    world: FilmsInMemory, name: str
) -> None:
    world.studio.put(KEY, b"the report", "text/html")
    world.studio.put("bunny/datasets/d0001-00000000/summary.html", b"secret", "text/html")
    answer = world.follow(world.links.link_to_object(KEY, 30).replace("index.html", name))
    assert answer.statusCode in {403, 404} and "secret" not in answer.body


def test_page_when_asked_of_a_link_to_another_object_then_that_object(world: FilmsInMemory) -> None:
    svg = KEY.replace("index.html", "curve.svg")
    world.studio.put(svg, b"<svg/>", "image/svg+xml")
    world.studio.put(KEY, b"the report", "text/html")
    answer = world.follow(f"{world.links.link_to_object(svg, 30)}/index.html")
    assert answer.statusCode == 302 and "curve.svg" in answer.headers["location"]


def test_approval_when_a_page_is_asked_of_it_then_only_the_question(world: FilmsInMemory) -> None:
    assert "Approve" in world.follow(f"{world.link}/index.html").body


def test_object_when_it_is_gone_then_a_page_says_so(world: FilmsInMemory) -> None:
    assert world.follow(world.links.link_to_object(KEY, 30)).statusCode == 404


def test_object_when_posted_to_then_nothing_to_decide(world: FilmsInMemory) -> None:
    world.studio.put(KEY, b"<html>", "text/html")
    assert world.follow(world.links.link_to_object(KEY, 30), "POST").statusCode == 405


def test_post_when_the_row_is_away_then_raised(
    world: FilmsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(record: Record) -> Record:
        raise ServiceUnavailable("DynamoDB is away")

    monkeypatch.setattr(world.registry, "replace", lose)
    with pytest.raises(ServiceUnavailable):
        world.post()
    assert not world.tokens.succeeded


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Throttled("too many calls of the table"), 503),
        (ServiceUnavailable("the table is away"), 503),
        (Conflict("the table's row changed"), 503),
        (ServiceError("access to the table is denied"), 500),
        (KeyError("the table"), 500),
    ],
)
def test_page_when_a_request_failed_then_says_what_to_do_and_not_what_broke(
    fault: Exception, status: int
) -> None:
    page = fault_page(fault)
    assert page.statusCode == status
    assert "Open the link again in a minute" in page.body
    assert "the table" not in page.body
    assert page.headers["content-type"].startswith("text/html")


def test_function_when_its_step_fails_then_answers_a_page(
    world: FilmsInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the function raises, the HTTP API answers with its own 502."""
    module = load_function("follow_link")
    vars(world)["stack_options"] = STACK_OPTIONS
    monkeypatch.setattr(module, "wired", world)
    monkeypatch.setattr(module, "now", world.clock)

    def lose(record: Record) -> Record:
        raise ServiceUnavailable("DynamoDB is away")

    monkeypatch.setattr(world.registry, "replace", lose)
    event = {
        "rawPath": world.link.removeprefix(LINKS_URL), "body": "decision=approve",
        "requestContext": {"http": {"method": "POST"}, "requestId": "request-1"},
    }  # fmt: skip
    answer = module.handler(event, SimpleNamespace(
        function_name="follow_link", memory_limit_in_mb=128, aws_request_id="r-1",
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:follow_link",
    ))  # fmt: skip
    assert answer["statusCode"] == 503
    assert "Open the link again" in answer["body"]


def retried(world: FilmsInMemory) -> None:
    """The first token is not valid any more, and the state's retry has not asked yet."""
    name = world.record.body.execution_arn.rsplit(":", 1)[-1]  # type: ignore[union-attr]
    world.executions.start(TRAIN_MODEL, name, {})
    world.tokens.waiting.clear()


def test_post_when_the_asking_state_is_retried_then_stays_approved_and_is_handed_over() -> None:
    world = FilmsInMemory(execution_arn=execution_arn(TRAIN_MODEL, "one"))
    retried(world)
    assert world.post() == 200
    assert world.record.status == ApprovalStatus.APPROVED
    assert world.record.body.answered_at is None
    world.ask(token="task-2", execution_arn=execution_arn(TRAIN_MODEL, "one"))
    assert world.tokens.succeeded == {"task-2": {"approved": True}}
    assert len(world.mailbox.mails) == 1


def test_post_when_its_execution_ended_then_expired() -> None:
    world = FilmsInMemory(execution_arn=execution_arn(TRAIN_MODEL, "one"))
    world.tokens.waiting.clear()
    assert world.post() == 410
    assert world.record.status == ApprovalStatus.EXPIRED


@pytest.mark.parametrize(
    ("left", "status"), [(3, ApprovalStatus.APPROVED), (1, ApprovalStatus.EXPIRED)]
)
def test_post_when_the_task_that_asked_has_timed_out_and_its_execution_goes_on_then_too_late(
    left: float, status: ApprovalStatus
) -> None:
    """The task began to wait before its question was written, and ends before that."""
    world = FilmsInMemory(execution_arn=execution_arn(TRAIN_MODEL, "one"))
    link = world.links.link_to_approval(PRODUCTION, world.record.id, 30)
    retried(world)
    world.clock.now = world.record.body.expires_at - timedelta(minutes=left)
    answer = world.follow(link, "POST", "decision=approve")
    assert world.record.status == status
    assert ("Too late: nothing was started" in answer.body) == (status == ApprovalStatus.EXPIRED)


def test_post_when_declined_then_says_how_to_be_asked_again() -> None:
    studio = DeploymentInMemory()
    train = f"To be asked again: <code>onmodel train --production bunny {STACK_OPTIONS}</code>"
    again: dict[tuple[Purpose, str], str] = {
        ("captions", TRAINING): train,
        ("training", TRAINING): train,
        ("deployment", TRAINING): "later: <code>onmodel deploy --production bunny --stack",
        ("deployment", "forest-day-1"): "To be asked again, upload the storyboard once more.",
        ("drawing", "forest-day-1"): "To be asked again, upload the storyboard once more.",
    }
    for (purpose, subject), words in again.items():
        world = FilmsInMemory(purpose=purpose, subject_id=subject)
        TRAININGS.create(
            world.registry, PRODUCTION, TRAINING, status=studio.training.status,
            body=studio.training.body, now=world.clock(),
        )  # fmt: skip
        assert words in world.follow(world.link, "POST", "decision=decline").body
