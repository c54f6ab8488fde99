import pytest
from fakes.trainer import InMemoryTrainer
from fakes.training_in_memory import TrainingInMemory

from onmodel.contracts.generations import Generation, Preflight, PreflightTrainingRequest
from onmodel.contracts.settings import AllowedModels, Settings, TrainingSettings
from onmodel.contracts.trainings import Finding, TrainingPlan
from onmodel.errors import Throttled, TrainingImpossible
from onmodel.steps.preflight_training import preflight_training

GENERATION = Generation(production="bunny", generation_id="g0001", attempt=1, correlation_id="c")


@pytest.fixture
def world() -> TrainingInMemory:
    return TrainingInMemory()


def finding(*, blocking: bool) -> Finding:
    return Finding(
        code="quota-zero" if blocking else "price-unsure",
        blocking=blocking,
        reason="The quota L-BE77399C is 0" if blocking else "The price is unsure",
        advice="Ask AWS for 1.",
    )


def planned(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch, generation: Generation
) -> TrainingPlan:
    """What the trainer was asked about."""
    plans: list[TrainingPlan] = []
    monkeypatch.setattr(world.trainer, "preflight", lambda plan: plans.append(plan) or ())
    world.preflight(generation)
    return plans[0]


def test_preflight_when_nothing_is_found_then_possible(world: TrainingInMemory) -> None:
    assert world.preflight(GENERATION) == Preflight(possible=True, trainer="memory")


def test_preflight_when_something_blocks_then_impossible_and_told_with_advice(
    world: TrainingInMemory,
) -> None:
    world.trainer.findings = (finding(blocking=False), finding(blocking=True))
    assert world.preflight(GENERATION) == Preflight(
        possible=False,
        trainer="memory",
        findings=("The quota L-BE77399C is 0. Ask AWS for 1.",),
        warnings=("The price is unsure. Ask AWS for 1.",),
    )


def test_preflight_when_only_a_warning_then_possible(world: TrainingInMemory) -> None:
    world.trainer.findings = (finding(blocking=False),)
    assert world.preflight(GENERATION).possible


def test_preflight_when_the_trainer_refuses_the_question_then_that_is_the_finding(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(plan: TrainingPlan) -> tuple[Finding, ...]:
        raise TrainingImpossible("this account may not look", "Allow bedrock:GetFoundationModel")

    monkeypatch.setattr(world.trainer, "preflight", refuse)
    answer = world.preflight(GENERATION)
    assert not answer.possible and "may not look" in answer.findings[0]


def test_preflight_when_throttled_then_raised_for_the_machine_to_try_again(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def throttle(plan: TrainingPlan) -> tuple[Finding, ...]:
        raise Throttled("slow down")

    monkeypatch.setattr(world.trainer, "preflight", throttle)
    with pytest.raises(Throttled):
        world.preflight(GENERATION)


def test_preflight_when_the_production_has_settings_then_they_are_asked_about(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.set_settings(Settings(training=TrainingSettings(preset="article")))
    plan = planned(world, monkeypatch, GENERATION)
    assert plan.hyperparameters["steps"] == 14_000
    assert plan.other_models == ("amazon.nova-pro-v1:0", "amazon.titan-embed-image-v1")
    assert plan.buckets == ("studio",)
    assert plan.records is None


def test_preflight_when_there_is_a_dataset_then_the_reasons_are_kept_with_it(
    world: TrainingInMemory,
) -> None:
    """Days may pass between the two preflights: what is told is what was found last."""
    dataset = world.captioned()
    world.write_manifest(dataset)
    world.report(dataset)
    world.trainer.findings = (finding(blocking=True),)
    assert not world.preflight(world.started_generations()[0]).possible
    world.notify("dataset_ready", dataset.dataset_id)
    assert "L-BE77399C is 0" in world.mailbox.mails[-1].body


def test_preflight_when_the_manifest_is_written_then_its_lines_are_asked_about(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = world.captioned()
    world.write_manifest(dataset)
    plan = planned(world, monkeypatch, world.started_generations()[0])
    lines = world.studio.get(world.keys(dataset).manifest).splitlines()
    assert plan.records == len(lines) > 0


def test_preflight_when_the_stack_may_call_other_models_then_those_are_asked_about(
    world: TrainingInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.models = AllowedModels(embedding="other.embed-v9", captions="us.amazon.nova-pro-v1:0")
    assert planned(world, monkeypatch, GENERATION).other_models == (
        "us.amazon.nova-pro-v1:0", "other.embed-v9",
    )  # fmt: skip


class Named(InMemoryTrainer):
    def __init__(self, name: str, *findings: Finding) -> None:
        super().__init__()
        self.name = name
        self.findings = findings


def chosen(world: TrainingInMemory, *trainers: Named, trainer: str | None = None) -> Preflight:
    return preflight_training(
        PreflightTrainingRequest(generation=GENERATION, trainer=trainer),
        registry=world.registry,
        studio=world.studio,
        trainers={each.name: each for each in trainers},
        clock=world.clock,
        models=world.models,
    )


def test_preflight_when_the_first_cannot_train_then_the_next_that_can_is_chosen(
    world: TrainingInMemory,
) -> None:
    answer = chosen(world, Named("bedrock", finding(blocking=True)), Named("sagemaker"))
    assert answer == Preflight(possible=True, trainer="sagemaker")


def test_preflight_when_nobody_can_train_then_the_reasons_of_all_by_name(
    world: TrainingInMemory,
) -> None:
    none = (Named("bedrock", finding(blocking=True)), Named("sagemaker", finding(blocking=True)))
    answer = chosen(world, *none)
    reason = "The quota L-BE77399C is 0. Ask AWS for 1."
    assert (answer.possible, answer.trainer) == (False, "bedrock")
    assert answer.findings == (f"bedrock: {reason}", f"sagemaker: {reason}")


def test_preflight_when_the_settings_name_a_trainer_then_only_that_one_is_asked(
    world: TrainingInMemory,
) -> None:
    world.set_settings(Settings(training=TrainingSettings(trainer="sagemaker")))
    answer = chosen(world, Named("bedrock"), Named("sagemaker", finding(blocking=True)))
    assert (answer.possible, answer.trainer) == (False, "sagemaker")


def test_preflight_when_a_trainer_was_chosen_before_then_no_other_is_asked(
    world: TrainingInMemory,
) -> None:
    both = (Named("bedrock"), Named("sagemaker", finding(blocking=True)))
    answer = chosen(world, *both, trainer="sagemaker")
    assert (answer.possible, answer.trainer) == (False, "sagemaker")
