import pytest

from onmodel.contracts.drawings import Arm
from onmodel.contracts.sagemaker import INSTANCES, SageMakerTrainingSettings
from onmodel.contracts.trainings import CostQuote, Work, WorkPart
from onmodel.money.pricebook import PriceBook, estimate
from onmodel.money.training_quotes import cost_quote
from onmodel.trainers.sagemaker import billing
from onmodel.trainers.sagemaker.hyperparameters import sagemaker_values

DRAWING = {"steps": 50, "guidance": 4.0, "instances": ",".join(INSTANCES), "pixels": 1024 * 1024}


def quoted(work: Work) -> CostQuote:
    return cost_quote((WorkPart(name="training", work=work),), PriceBook.load())


def test_training_work_when_quoted_then_within_the_default_limit() -> None:
    """A training that nobody is asked for must stay far under 100 USD."""
    quote = quoted(
        billing.sagemaker_training_work(sagemaker_values(SageMakerTrainingSettings(), None))
    )
    assert quote.usd is not None and quote.usual_usd is not None
    assert 2 < quote.usual_usd < 6 < quote.usd < 20


@pytest.mark.parametrize("steps", [10, 3_000, 20_000])
def test_work_when_a_job_runs_as_long_as_it_may_then_no_more_is_billed_than_was_quoted(
    steps: int,
) -> None:
    """Its bill ends when SageMaker has ended it, whichever instance it got."""
    values = sagemaker_values(SageMakerTrainingSettings(steps=steps), None)
    pictures: dict[Arm, int] = {"tuned": steps // 10, "references": steps // 10}
    for work, longest in (
        (billing.sagemaker_training_work(values), billing.longest_training_seconds(values)),
        (
            billing.drawing_work(pictures, DRAWING),
            billing.longest_drawing_seconds(pictures, DRAWING),
        ),
    ):
        quote = quoted(work)
        assert quote.usd is not None and quote.usual_usd is not None
        assert quote.usual_usd <= quote.usd
        for instance in INSTANCES:
            bill = estimate(billing.billed(instance, longest + 120), PriceBook.load())
            assert bill.total_usd is not None and float(bill.total_usd) < quote.usd


def test_drawing_work_when_quoted_then_a_first_storyboard_costs_little() -> None:
    quote = quoted(billing.drawing_work({"tuned": 15}, DRAWING))
    assert quote.usd is not None and quote.usual_usd is not None
    assert 0.3 < quote.usual_usd < 3 < quote.usd < 4
    assert "15 pictures" in quote.assumptions[0]


def test_work_when_an_instance_has_no_price_then_the_cost_is_not_known() -> None:
    settings = SageMakerTrainingSettings(instances=("ml.g5.2xlarge", "ml.p9.large"))
    work = billing.sagemaker_training_work(sagemaker_values(settings, None))
    assert quoted(work).usd is None


def test_runtime_when_a_job_is_short_then_an_hour_and_never_more_than_a_day() -> None:
    short = sagemaker_values(SageMakerTrainingSettings(steps=10), None)
    assert billing.longest_training_seconds(short) == 3600
    long = sagemaker_values(SageMakerTrainingSettings(steps=20_000), None)
    assert billing.longest_training_seconds(long) == 86_400
    assert 3600 < billing.longest_drawing_seconds({"references": 100}, DRAWING) < 86_400


@pytest.mark.parametrize(("seconds", "hours"), [(3600, 1), (1, 0.0003)])
def test_billed_when_over_then_by_the_second(seconds: int, hours: float) -> None:
    (use,) = billing.billed("ml.g5.2xlarge", seconds)
    assert (use.item, use.paid) == ("sagemaker.ml.g5.2xlarge-training-hour", hours)
