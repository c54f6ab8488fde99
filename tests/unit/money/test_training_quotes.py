from collections.abc import Mapping
from decimal import Decimal

import pytest
from fakes.seconds_trainer import PRICES, TRAINING_SECOND, SecondsRules

from onmodel.contracts.base import Options, Usage
from onmodel.contracts.drawings import Arm
from onmodel.contracts.settings import CaptionSettings, Settings, TrainingSettings
from onmodel.contracts.storyboards import Storyboard
from onmodel.contracts.trainings import CostName, Work, WorkPart
from onmodel.money.judging_quotes import questions_usage
from onmodel.money.pricebook import Price, PriceBook, estimate
from onmodel.money.training_quotes import (
    FirstUse,
    cost_quote,
    merged_quote,
    work_of_captions,
    work_of_training,
)
from onmodel.trainers.bedrock.rules import BedrockRules

BOOK = PriceBook.load()
BOARD = Storyboard.model_validate({"scenes": ["Bunny runs", "Bunny sleeps"], "images": 2})
USE = FirstUse(storyboard=BOARD, hours=2, provision_minutes=90)
MONTHS = Work(
    usage=(Usage(item="bedrock.custom-model-month", paid=2),),
    assumptions=("two months of keeping the model",),
)


class DrawsByJobs(SecondsRules):
    """Deploys nothing: 10 s a picture, at most twice as long."""

    @property
    def deployer(self) -> None:  # type: ignore[override]
        return None

    @property
    def drawing_jobs(self) -> "DrawsByJobs":  # type: ignore[override]
        return self

    def drawing_options(self, storyboard: Storyboard, training: TrainingSettings) -> Options:
        return {"seconds": 10}

    def drawing_work(self, pictures: Mapping[Arm, int], options: Options) -> Work:
        seconds = sum(pictures.values()) * int(options["seconds"])
        return Work(
            usage=(Usage(item=TRAINING_SECOND, paid=2 * seconds),),
            usual=(Usage(item=TRAINING_SECOND, paid=seconds),),
        )


MEASURED = len(USE.storyboard.scenes) * USE.storyboard.images  # pictures


ASKED_AGAIN = 0.72 + 0.0672
"""300 of 1,000 captions: 900,000 tokens in at 0.0008 dollars a thousand, 21,000 out at 0.0032."""


def part(work: Work, name: CostName = "training") -> WorkPart:
    return WorkPart(name=name, work=work)


def bedrock(captions: int) -> tuple[WorkPart, ...]:
    settings = Settings()
    asked = work_of_captions(captions, settings.captions)
    return work_of_training(asked, settings, BedrockRules(), USE)


def test_cost_when_bedrock_has_its_defaults_then_one_total_of_four_parts() -> None:
    """20 dollars of training and 1.95 of keeping the model; 4 begun hours of 60.50 at most."""
    quote = cost_quote(bedrock(captions=1000), BOOK)
    asked = estimate(questions_usage(USE.storyboard, Settings()), BOOK).total_usd
    assert asked is not None
    measured = MEASURED * (0.001 + (1 + Settings().finder.max_figures) * 0.00006) + float(asked)
    assert {part.name: part.usd for part in quote.parts} == pytest.approx(
        {"captions": 2.7104 + ASKED_AGAIN, "training": 21.95, "deployment": 242.0}
        | {"judging": measured}
    )
    assert quote.usd == pytest.approx(2.7104 + ASKED_AGAIN + 21.95 + 242.0 + measured)
    assert quote.usual_usd == pytest.approx(2.7104 + 21.95 + 181.5 + measured)
    assert quote.unsure_parts == ("training",)
    assert quote.assumptions[-1] == f"prices of {BOOK.dated.isoformat()}"


def test_cost_when_a_trainer_deploys_nothing_then_drawing_and_measuring_are_last() -> None:
    book = BOOK.model_copy(
        update={"prices": BOOK.prices | {item: Price(usd=usd) for item, usd in PRICES.items()}}
    )
    settings = Settings()
    parts = work_of_training(work_of_captions(0, settings.captions), settings, DrawsByJobs(), USE)
    quote = cost_quote(parts, book)
    assert [part.name for part in quote.parts] == ["captions", "training", "drawing", "judging"]
    measured = quote.parts[-1].usd or 0
    assert (quote.usd, quote.usual_usd) == pytest.approx(
        (0.12 + 0.08 + measured, 0.12 + 0.04 + measured)
    )


def test_cost_when_a_price_is_missing_then_no_total_and_the_other_parts_stand() -> None:
    captions = work_of_captions(1, CaptionSettings(model="some.other-model"))
    quote = cost_quote((part(captions, "captions"), part(MONTHS)), BOOK)
    assert (quote.usd, quote.usual_usd) == (None, None)
    assert [part.usd for part in quote.parts] == [None, 3.9]


def test_cost_when_a_part_is_asked_for_then_its_most_and_zero_for_another() -> None:
    quote = cost_quote((part(MONTHS),), BOOK)
    assert (quote.usd_of("training"), quote.usd_of("deployment")) == (3.9, 0.0)


def test_work_of_captions_when_by_profile_then_the_models_price() -> None:
    work = work_of_captions(1000, CaptionSettings(model="us.amazon.nova-pro-v1:0"))
    lines = {line.item: line.usd for line in merged_quote((part(work),), BOOK).bill.lines}
    assert lines == {
        "bedrock.us.amazon.nova-pro-v1:0.input-1k": Decimal("2.464") + Decimal("0.72"),
        "bedrock.us.amazon.nova-pro-v1:0.output-1k": Decimal("0.2464") + Decimal("0.0672"),
    }


def test_merged_when_several_then_every_item_and_assumption_once() -> None:
    quote = merged_quote((part(MONTHS), part(MONTHS)), BOOK)
    assert quote.bill.total_usd == Decimal("7.80")
    assert quote.assumptions == (
        *("two months of keeping the model",) * 2,
        f"prices of {BOOK.dated.isoformat()}",
    )


def test_work_of_captions_when_some_were_made_before_then_those_may_be_asked_again_too() -> None:
    settings = CaptionSettings()
    rest = work_of_captions(0, settings, new=1000)
    assert [use.paid for use in rest.usage] == [900.0, 21.0]
    assert [use.paid for use in rest.usual] == [0.0, 0.0]
    assert "at most 300 asked for again" in rest.assumptions[0]


def test_work_of_captions_when_none_may_be_asked_again_then_as_usual() -> None:
    work = work_of_captions(1000, CaptionSettings(asked_again_percent=0))
    assert work.usage == work.usual
    assert work.assumptions[0].endswith("one in ten asked for twice")
