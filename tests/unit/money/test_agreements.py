import pytest

from onmodel.contracts.rows import TrainingBody
from onmodel.contracts.trainings import CostPart, CostQuote, TrainingSpec
from onmodel.money.agreements import why_deployment_is_asked

LIMIT = 100.0


def training(
    deployment: float | None = None, *, known: bool = True, approved: bool = True
) -> TrainingBody:
    """Agreed to with a deployment of this cost; `known` false is a row without the parts."""
    parts = (
        CostPart(name="training", usd=22, usual_usd=22),
        CostPart(name="deployment", usd=deployment, usual_usd=deployment),
    )
    spec = TrainingSpec(
        production="bunny", dataset_id="d0001-00000000", training_id="d0001-00000000",
        manifest_uri="s3://studio/m", output_uri="s3://studio/o/", hyperparameters={},
    )  # fmt: skip
    return TrainingBody(
        dataset_id="d0001-00000000",
        correlation_id="upload-1",
        spec=spec,
        quoted_usd=22.0,
        agreed_parts=parts if known else (),
        approved=approved,
    )


def deployment(usd: float | None) -> CostQuote:
    return CostQuote(usd=usd, parts=(), assumptions=())


@pytest.mark.parametrize("usd", [242.0, 181.5, 0.0])
def test_why_when_no_more_than_was_approved_then_nobody_is_asked(usd: float) -> None:
    assert why_deployment_is_asked(training(242.0), deployment(usd), LIMIT) == ""


@pytest.mark.parametrize("usd", [242.01, 423.5, None])
def test_why_when_more_than_was_approved_then_asked_with_both_amounts(usd: float | None) -> None:
    why = why_deployment_is_asked(training(242.0), deployment(usd), LIMIT)
    assert why.startswith("$242.00 of the training's question were for the deployment")
    assert ("unknown" if usd is None else f"up to ${usd:,.2f}") in why


def test_why_when_approved_and_more_but_within_the_limit_then_asked_all_the_same() -> None:
    """A person named what may be spent."""
    assert why_deployment_is_asked(training(50.0), deployment(60.0), LIMIT)


@pytest.mark.parametrize(("usd", "is_asked"), [(78.0, False), (78.5, True)])
def test_why_when_nobody_was_asked_then_the_new_total_must_stay_within_the_limit(
    usd: float, is_asked: bool
) -> None:
    begun = training(50.0, approved=False)
    assert bool(why_deployment_is_asked(begun, deployment(usd), LIMIT)) is is_asked


def test_why_when_an_unknown_cost_was_approved_then_not_asked_again() -> None:
    assert why_deployment_is_asked(training(None), deployment(None), LIMIT) == ""
    assert why_deployment_is_asked(training(None), deployment(500.0), LIMIT) == ""


@pytest.mark.parametrize(("usd", "is_asked"), [(100.0, False), (181.5, True), (None, True)])
def test_why_when_the_row_is_of_before_then_the_deployment_alone_is_held_to_the_limit(
    usd: float | None, is_asked: bool
) -> None:
    why = why_deployment_is_asked(training(known=False), deployment(usd), LIMIT)
    assert bool(why) is is_asked
    assert not why or why.startswith("When this training was started, its deployment was not part")
