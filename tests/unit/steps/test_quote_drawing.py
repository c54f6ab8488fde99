import pytest
from fakes.drawing_in_memory import DrawingInMemory
from fakes.jobs_in_memory import JobsInMemory

from onmodel.errors import EventRefused


@pytest.fixture
def studio() -> JobsInMemory:
    studio = JobsInMemory()
    studio.trained()
    studio.upload()
    return studio


def test_quote_when_within_the_limit_then_nobody_is_asked(studio: JobsInMemory) -> None:
    quoted = studio.quote_drawing(studio.plan())
    usual = quoted.quote.usual_usd
    assert quoted.usd is not None and usual is not None and 0.3 < usual < quoted.usd < 4
    assert (quoted.approval, quoted.subject_id) == (False, "forest-day")
    assert "6 pictures" in quoted.quote.assumptions[0]


def test_quote_when_above_the_limit_then_a_person_is_asked_with_the_reason(
    studio: JobsInMemory,
) -> None:
    quoted = studio.quote_drawing(studio.plan(), limit=0.1)
    assert quoted.approval
    assert quoted.quote.why == "The quote is above the limit of $0.10."
    assert quoted.quote.training_id == studio.plan().training_id is not None


def test_quote_when_further_arms_are_named_then_they_are_quoted(studio: JobsInMemory) -> None:
    one = studio.quote_drawing(studio.plan()).quote.usual_usd
    studio.upload(b"scenes: [Buck smiles, Frank waits]\narms: [tuned, references, base]\n"
                  b"size: 512x512")  # fmt: skip
    three = studio.quote_drawing(studio.plan()).quote.usual_usd
    assert one is not None and three is not None and one < three


def test_quote_when_it_was_part_of_the_trainings_quote_then_nobody_is_asked_again(
    studio: JobsInMemory,
) -> None:
    plan = studio.plan().model_copy(update={"agreed": True})
    assert not studio.quote_drawing(plan, limit=0.1).approval


def test_quote_when_it_is_drawn_with_a_deployment_then_refused() -> None:
    studio = DrawingInMemory()
    studio.serve()
    studio.upload()
    plan = studio.plan()
    with pytest.raises(EventRefused, match="is not drawn by a job"):
        JobsInMemory.quote_drawing(studio, plan)  # type: ignore[arg-type]
