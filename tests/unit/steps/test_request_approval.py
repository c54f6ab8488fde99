import numpy as np
import pytest
from fakes.training_in_memory import LINKS_URL, PRODUCTION, TrainingInMemory

from onmodel.contracts.characters import Character
from onmodel.contracts.datasets import DatasetRef
from onmodel.contracts.judging import Interval, JudgedNumber
from onmodel.contracts.namers import NamingSettings
from onmodel.contracts.rows import (
    ApprovalBody,
    ApprovalStatus,
    StoryboardBody,
    StoryboardStatus,
)
from onmodel.contracts.settings import Settings, TrainingSettings
from onmodel.contracts.trainings import CostPart, CostQuote
from onmodel.errors import EventRefused
from onmodel.registry.kinds import APPROVALS, MAILS, STORYBOARDS, ApprovalRow


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


def approvals(world: TrainingInMemory) -> list[ApprovalRow]:
    return list(APPROVALS.list(world.registry, PRODUCTION))


def body(row: ApprovalRow) -> ApprovalBody:
    return row.body


def decide(world: TrainingInMemory, status: ApprovalStatus) -> None:
    (row,) = approvals(world)
    APPROVALS.replace(world.registry, row.with_status(status), world.clock())


def test_ask_when_new_then_written_down_and_mailed_with_a_link(world: TrainingInMemory) -> None:
    world.ask()
    (record,) = approvals(world)
    assert record.status == ApprovalStatus.PENDING
    assert body(record).task_token == "task-1"
    assert (body(record).expires_at - world.clock()).days == 7
    (mail,) = world.mailbox.mails
    assert mail.subject == "Train a model of bunny for about $4,481.95?"
    assert f"{LINKS_URL}/" in mail.body
    assert "task-1" not in mail.body
    assert not world.tokens.succeeded
    assert mail.correlation_id == body(record).correlation_id
    (sent,) = MAILS.list(world.registry, PRODUCTION)
    assert sent.body.event == f"approval_wanted:{record.id}"


def test_ask_again_when_the_first_was_approved_then_another_question_with_its_own_mail(
    world: TrainingInMemory,
) -> None:
    world.ask()
    decide(world, ApprovalStatus.APPROVED)
    for token in ("task-2", "task-3"):  # the second is the machine's retry
        world.ask(token=token, again=True)
    first, second = sorted(approvals(world), key=lambda row: row.status)
    assert (first.status, second.status) == (ApprovalStatus.APPROVED, ApprovalStatus.PENDING)
    assert (body(second).task_token, body(second).asked) == ("task-3", 2)
    assert len(world.mailbox.mails) == 2
    assert not world.tokens.succeeded


def test_ask_when_about_a_quoted_dataset_then_says_why_and_what_it_rests_on(
    world: TrainingInMemory,
) -> None:
    generation = world.generation()
    world.set_settings(Settings(training=TrainingSettings(preset="article")))
    dataset: DatasetRef = world.assemble(generation)
    quoted = world.quote(dataset)
    world.ask(subject_id=dataset.dataset_id, usd=quoted.usd)
    mail = world.mailbox.mails[-1].body
    assert "above the limit of $300.00" in mail and "14,000 steps" in mail
    assert "you are asked once" in " ".join(mail.split())
    assert "$4,481.95  training" in mail and "$242.00  deployment" in mail
    assert "usually $181.50" in " ".join(mail.split())
    assert "8 pictures of 1 film" in mail and "4  Big Buck" in mail and "a.mp4:" in mail


def test_ask_when_a_character_has_a_name_of_its_own_then_the_name_as_typed(
    world: TrainingInMemory,
) -> None:
    generation = world.generation()
    called = {"big-buck": Character(name="Büück 🐰")}
    world.set_settings(Settings(characters=called))
    dataset = world.assemble(generation)
    world.ask(subject_id=dataset.dataset_id)
    mail = world.mailbox.mails[-1].body
    assert "4  Büück 🐰\n" in mail and "4  Frank\n" in mail
    link = next(line.strip() for line in mail.splitlines() if LINKS_URL in line)
    page = world.follow(link).body
    assert "<li>Büück 🐰: 4 pictures</li>" in page and "<figcaption>Büück 🐰<" in page
    assert "Big Buck" not in page


def newer(world: TrainingInMemory, **changes: object) -> None:
    """A question of a later execution."""
    world.clock.advance(hours=1)
    world.ask(**{"execution_arn": "another", "token": "task-2", **changes})


@pytest.mark.parametrize("purpose", ["training", "captions"])
def test_ask_when_a_newer_dataset_is_asked_about_then_the_older_question_is_withdrawn(
    world: TrainingInMemory, purpose: str
) -> None:
    world.ask(usd=300.0)
    newer(world, subject_id="d0002-00000000", usd=320.0, purpose=purpose)
    by_status = {row.status: row.body.subject_id for row in approvals(world)}
    assert by_status == {"withdrawn": "d0001-00000000", "pending": "d0002-00000000"}
    assert world.tokens.succeeded == {"task-1": {"approved": False}}
    mail = " ".join(world.mailbox.mails[-1].body.split())
    assert "takes the place of the question of" in mail
    assert "about d0001-00000000 ($300.00), which cannot be answered any more" in mail
    link = world.mailbox.mails[0].body.partition(LINKS_URL)[2].split()[0]
    page = world.follow(LINKS_URL + link, "POST", "decision=approve")
    assert page.statusCode == 410 and "newer question" in page.body
    assert "task-1" not in [t for t, a in world.tokens.succeeded.items() if a["approved"]]


def test_ask_when_a_newer_dataset_is_asked_about_then_an_older_review_is_over(
    world: TrainingInMemory,
) -> None:
    dataset = world.captioned()
    world.ask(purpose="review", subject_id=dataset.dataset_id, usd=0)
    newer(world, subject_id="d0002-00000000")
    by_status = {row.status: row.body.purpose for row in approvals(world)}
    assert by_status == {"withdrawn": "review", "pending": "training"}
    assert world.tokens.succeeded["task-1"] == {"approved": False}
    assert "takes the place" not in world.mailbox.mails[-1].body, "the review was not about money"


def test_ask_when_about_a_storyboard_then_shows_what_its_model_learnt_from(
    world: TrainingInMemory,
) -> None:
    dataset = world.captioned()
    world.write_manifest(dataset)
    training = world.start_training(dataset)
    quote = CostQuote(usd=121, parts=(), assumptions=(), training_id=training)
    world.ask(purpose="deployment", subject_id="misty-forest", usd=121, quote=quote)
    mail = " ".join(world.mailbox.mails[-1].body.split())
    assert "The model learnt from 8 pictures of 1 film" in mail
    (row,) = [row for row in approvals(world) if row.body.subject_id == "misty-forest"]
    page = world.follow(world.links.link_to_approval(PRODUCTION, row.id, 7)).body
    assert "The model learnt from 8 pictures" in page and "Subject: <code>misty-forest" in page


def test_ask_when_the_older_was_decided_before_then_its_answer_stands(
    world: TrainingInMemory,
) -> None:
    world.ask()
    decide(world, ApprovalStatus.APPROVED)
    newer(world, subject_id="d0002-00000000")
    assert sorted(row.status for row in approvals(world)) == ["approved", "pending"]
    assert "takes the place" not in world.mailbox.mails[-1].body


@pytest.mark.parametrize(
    ("subject", "withdrawn"), [("misty-forest", True), ("another-board", False)]
)
def test_ask_when_about_a_storyboard_then_only_its_older_version_is_withdrawn(
    world: TrainingInMemory, subject: str, withdrawn: bool
) -> None:
    world.ask(purpose="deployment", subject_id="misty-forest")
    newer(world, purpose="deployment", subject_id=subject)
    assert ("withdrawn" in [row.status for row in approvals(world)]) is withdrawn


def test_ask_when_about_a_training_then_a_storyboards_question_stays(
    world: TrainingInMemory,
) -> None:
    world.ask(purpose="deployment", subject_id="misty-forest")
    newer(world)
    assert [row.status for row in approvals(world)] == ["pending", "pending"]


def test_ask_when_it_died_before_it_withdrew_then_the_repeat_withdraws(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.ask()

    class Died(Exception):
        pass

    def dies(*_: object) -> None:
        raise Died

    monkeypatch.setattr(world.tokens, "succeed", dies)
    with pytest.raises(Died):
        newer(world, subject_id="d0002-00000000")
    monkeypatch.undo()
    world.ask(execution_arn="another", token="task-3", subject_id="d0002-00000000")
    assert world.tokens.succeeded == {"task-1": {"approved": False}}
    assert len(world.mailbox.mails) == 2


def test_ask_when_a_price_is_missing_then_unknown_and_not_zero(world: TrainingInMemory) -> None:
    world.ask(usd=None)
    mail = world.mailbox.mails[-1]
    assert "an unknown amount" in mail.subject and "$0" not in mail.body


def test_ask_when_the_state_is_tried_again_then_one_question_with_the_newest_token(
    world: TrainingInMemory,
) -> None:
    world.ask()
    world.ask(token="task-2")
    (record,) = approvals(world)
    assert body(record).task_token == "task-2" and body(record).asked == 2
    assert len(world.mailbox.mails) == 1


@pytest.mark.parametrize("status", [ApprovalStatus.APPROVED, ApprovalStatus.DECLINED])
def test_ask_when_decided_before_then_answered_at_once(
    world: TrainingInMemory, status: ApprovalStatus
) -> None:
    world.ask()
    decide(world, status)
    world.ask(token="task-2")
    assert world.tokens.succeeded == {"task-2": {"approved": status == ApprovalStatus.APPROVED}}
    assert len(world.mailbox.mails) == 1


def test_ask_when_another_execution_asks_then_a_new_question(world: TrainingInMemory) -> None:
    """What was agreed to once is not agreed to for ever."""
    world.ask()
    decide(world, ApprovalStatus.APPROVED)
    world.ask(execution_arn="another", token="task-2")
    assert sorted(record.status for record in approvals(world)) == ["approved", "pending"]
    assert len(world.mailbox.mails) == 2


def test_ask_when_the_quote_comes_with_the_request_then_it_is_kept_and_mailed(
    world: TrainingInMemory,
) -> None:
    part = CostPart(name="deployment", usd=242.0, usual_usd=181.5)
    quote = CostQuote(
        usd=242.0, parts=(part,), assumptions=("2 h in service",), why="It is billed by the hour."
    )
    world.ask(purpose="deployment", subject_id="misty-forest", usd=242.0, quote=quote)
    mail = world.mailbox.mails[-1]
    assert mail.subject == "Deploy the model of bunny for at most $242.00?"
    assert "billed by the hour" in mail.body and "2 h in service" in mail.body
    (row,) = approvals(world)
    assert row.body.parts == (part,)


def test_ask_when_about_captions_that_are_to_be_read_then_leads_to_them_and_names_no_money(
    world: TrainingInMemory,
) -> None:
    dataset = world.captioned()
    world.quote(dataset)
    world.ask(purpose="review", subject_id=dataset.dataset_id, usd=0)
    mail = world.mailbox.mails[-1]
    assert mail.subject == "Are the pictures and captions of bunny good?"
    assert "8 captioned pictures" in mail.body and "$" not in mail.body
    review, captions, page, home = (
        line.strip() for line in mail.body.splitlines() if line.strip().startswith(LINKS_URL)
    )
    assert review.startswith(f"{LINKS_URL}/review/") and review.endswith("/")
    assert home.startswith(f"{LINKS_URL}/home/")
    assert world.follow(captions).headers["location"].startswith("https://")
    assert world.keys(dataset).captions in world.follow(captions).headers["location"]
    asked = world.follow(page).body
    assert "Are the captions good?" in asked and "$" not in asked and "Approve and" not in asked
    world.follow(page, "POST", "decision=approve")
    assert world.tokens.succeeded["task-1"] == {"approved": True}
    assert "The review was approved" in world.follow(page).body


def test_ask_when_review_and_training_are_asked_by_one_execution_then_two_questions(
    world: TrainingInMemory,
) -> None:
    dataset = world.captioned()
    world.ask(subject_id=dataset.dataset_id)
    world.ask(purpose="review", subject_id=dataset.dataset_id, usd=0, token="task-2")
    assert sorted(body(record).purpose for record in approvals(world)) == ["review", "training"]
    assert len(world.mailbox.mails) == 2


def test_ask_when_the_dataset_to_read_is_unknown_then_refused(world: TrainingInMemory) -> None:
    with pytest.raises(EventRefused, match="d0009"):
        world.ask(purpose="review", subject_id="d0009-00000000", usd=0)
    assert not world.mailbox.mails


def test_ask_when_characters_look_alike_and_references_were_drawn_then_mail_and_page_tell_both(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Vectors of two characters that hardly differ, and a take of the arm `references`."""
    vectors = world._vectors
    monkeypatch.setattr(world, "_vectors", lambda film, count: alike(vectors(film, count)))
    generation = world.generation(crops=16)
    naming = NamingSettings(threshold=0.05, margin=0)
    world.set_settings(Settings(naming=naming, training=TrainingSettings(preset="article")))
    reached = Interval(mean=0.6, low=0.5, high=0.7, scenes=6)
    take = StoryboardBody(
        name="forest", take=1, correlation_id="c", panels=6,
        numbers=(JudgedNumber(number="identity", arm="references", interval=reached),),
    )  # fmt: skip
    STORYBOARDS.create(
        world.registry, PRODUCTION, "forest-1",
        status=StoryboardStatus.DRAWN, body=take, now=world.clock(),
    )  # fmt: skip
    dataset = world.assemble(generation)
    for item in world.waiting(dataset):
        world.caption(item)
    quoted = world.quote(dataset)
    world.ask(subject_id=dataset.dataset_id, usd=quoted.usd)
    mail = world.mailbox.mails[-1].body
    link = next(line.strip() for line in mail.splitlines() if LINKS_URL in line)
    for told in (" ".join(mail.split()), world.follow(link).body):
        assert "Big Buck and Frank look alike to the embedding" in told
        assert "What helps: references that show what differs" in told
        assert "(storyboard forest, take 1): identity 0.60 (0.50 to 0.70)." in told
    world.collect_captions(dataset)  # which writes the summary again
    world.write_manifest(dataset)
    world.report(dataset)
    page = world.studio.get(world.keys(dataset).report).decode()
    assert "Big Buck and Frank look alike to the embedding" in page


def alike(vectors: np.ndarray) -> np.ndarray:
    """With most of what tells the two characters apart taken away."""
    between = vectors[::2].mean(axis=0) - vectors[1::2].mean(axis=0)
    between /= np.linalg.norm(between)
    made = vectors - 0.85 * np.outer(vectors @ between, between)
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
