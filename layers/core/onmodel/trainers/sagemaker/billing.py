"""What SageMaker bills: the seconds of one instance while a job runs.

Several instances may be used, the first that has capacity. A quote counts the dearest at the
longest runtime, after which SageMaker ends the job, so that it is never exceeded; what it usually
costs is the estimate on the preferred instance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from onmodel.contracts.base import Options, Usage
from onmodel.contracts.drawings import REFERENCES, Arm
from onmodel.contracts.sagemaker import SageMakerDrawingOptions, instance_item
from onmodel.contracts.trainings import Work
from onmodel.trainers.sagemaker import hyperparameters, limits
from onmodel.trainers.sagemaker.limits import Span

SQUARE = 1024 * 1024

NOT_MEASURED = "seconds by arithmetic, not measured on a GPU"


def sagemaker_training_work(values: Options) -> Work:
    """Steps × seconds a step on the dearest instance, and a month of keeping the model."""
    checked = hyperparameters.read_sagemaker_values(values)
    instances = checked.instances.split(",")
    runtime = longest_training_seconds(values)
    return Work(
        usage=(Usage(item=limits.STORAGE_ITEM, paid=limits.MODEL_GB),),
        either=_either(instances, runtime),
        usual=(
            Usage(item=limits.STORAGE_ITEM, paid=limits.MODEL_GB),
            _usual(instances, _training_seconds(values), runtime),
        ),
        assumptions=(
            f"{checked.steps:,} steps of {_seconds(instances, _share(checked.resolution**2))},"
            f" and {_minutes(limits.SETUP_SECONDS)} min to begin; {NOT_MEASURED}",
            f"the dearest of {', '.join(instances)}, whichever has capacity",
            f"the job ends by itself after {runtime / 3600:.1f} h at the latest",
            f"one month of keeping the model, {limits.MODEL_GB:g} GB",
        ),
    )


def drawing_work(pictures: Mapping[Arm, int], values: Options) -> Work:
    """Pictures × steps × seconds on the dearest instance."""
    checked = SageMakerDrawingOptions.model_validate(values)
    instances = checked.instances.split(",")
    count = sum(pictures.values())
    runtime = longest_drawing_seconds(pictures, values)
    return Work(
        usage=(),
        either=_either(instances, runtime),
        usual=(_usual(instances, _drawing_seconds(pictures, checked), runtime),),
        assumptions=(
            f"{count:,} pictures of {checked.steps} steps in one job, and"
            f" {_minutes(limits.SETUP_SECONDS)} min to begin; {NOT_MEASURED}",
            f"the dearest of {', '.join(instances)}, whichever has capacity",
            f"the job ends by itself after {runtime / 3600:.1f} h at the latest",
        ),
    )


def longest_training_seconds(values: Options) -> int:
    """MaxRuntimeInSeconds of a training."""
    instances = hyperparameters.read_sagemaker_values(values).instances.split(",")
    return _runtime(instances, _training_seconds(values))


def longest_drawing_seconds(pictures: Mapping[Arm, int], values: Options) -> int:
    """MaxRuntimeInSeconds of a drawing."""
    checked = SageMakerDrawingOptions.model_validate(values)
    return _runtime(checked.instances.split(","), _drawing_seconds(pictures, checked))


def billed(instance: str, seconds: int) -> tuple[Usage, ...]:
    """By BillableTimeInSeconds and the instance that was used."""
    return (Usage(item=instance_item(instance), paid=round(seconds / 3600, 4)),)


SecondsOn = Callable[[str], Span]
"""The seconds of a job, by instance."""


def _training_seconds(values: Options) -> SecondsOn:
    checked = hyperparameters.read_sagemaker_values(values)
    work = checked.steps * _share(checked.resolution**2)
    return lambda instance: _plus_setup(_step(instance), work)


def _drawing_seconds(pictures: Mapping[Arm, int], options: SageMakerDrawingOptions) -> SecondsOn:
    weighted = sum(
        count * (limits.REFERENCES_FACTOR if arm == REFERENCES else 1.0)
        for arm, count in pictures.items()
    )
    passes = weighted * options.steps * limits.PASSES_OF_GUIDANCE
    work = passes * _share(options.pixels) / limits.PASSES_OF_A_STEP
    return lambda instance: _plus_setup(_step(instance), work)


def _either(instances: Iterable[str], runtime: int) -> tuple[Usage, ...]:
    """The most that can be billed, on each instance."""
    hours = round((runtime + limits.ENDING_SECONDS) / 3600, 4)
    return tuple(Usage(item=instance_item(instance), paid=hours) for instance in instances)


def _usual(instances: Sequence[str], seconds: SecondsOn, runtime: int) -> Usage:
    """The longest estimate on the preferred instance; a job of more than a day is ended before."""
    usual = min(seconds(instances[0]).most, runtime)
    return Usage(item=instance_item(instances[0]), paid=round(usual / 3600, 3))


def _runtime(instances: Iterable[str], seconds: SecondsOn) -> int:
    longest = max(seconds(instance).most for instance in instances)
    wanted = math.ceil(longest * limits.LONGEST_FACTOR) + limits.FINISHING_SECONDS
    return min(max(wanted, limits.LEAST_RUNTIME_SECONDS), limits.LONGEST_RUNTIME_SECONDS)


def _plus_setup(step: Span, steps: float) -> Span:
    setup = limits.SETUP_SECONDS
    return Span(setup.least + steps * step.least, setup.most + steps * step.most)


def _step(instance: str) -> Span:
    family = instance.rpartition(".")[0]
    return limits.SECONDS_A_STEP.get(family, limits.SECONDS_A_STEP_ELSEWHERE)


def _share(pixels: float) -> float:
    return pixels / SQUARE


def _seconds(instances: Iterable[str], share: float) -> str:
    steps = [_step(instance) for instance in instances]
    least, most = min(one.least for one in steps), max(one.most for one in steps)
    return f"{least * share:.1f} to {most * share:.1f} s"


def _minutes(span: Span) -> str:
    return f"{span.least / 60:.0f} to {span.most / 60:.0f}"
