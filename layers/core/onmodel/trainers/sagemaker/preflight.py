"""Can this account, today, in this region, run the trainer's jobs?

Every check adds findings and none ends the others, so that all can be corrected together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from onmodel.contracts.trainings import Finding, TrainingPlan
from onmodel.contracts.weights import WEIGHTS_LISTING, weights_prefix
from onmodel.errors import NotFound
from onmodel.ports.storage import ObjectStore
from onmodel.trainers.findings import blocking
from onmodel.trainers.ownership import STACK_LIMIT
from onmodel.trainers.sagemaker import hyperparameters
from onmodel.trainers.sagemaker.limits import LIMITS
from onmodel.trainers.sagemaker.names import Names


@dataclass(frozen=True)
class PreflightChecks:
    """The checks and the services that they use."""

    store: ObjectStore
    stack: str

    def findings(self, plan: TrainingPlan) -> tuple[Finding, ...]:
        return (*self._weights(), *self._names(), *numbers(plan))

    def _weights(self) -> Iterator[Finding]:
        try:
            self.store.head(f"{weights_prefix()}{WEIGHTS_LISTING}")
        except NotFound:
            yield blocking(
                "weights",
                "the weights of the base model are not in the studio bucket",
                "Bring them with `onmodel trainer prepare`.",
            )

    def _names(self) -> Iterator[Finding]:
        if not Names(self.stack, self.store.bucket).is_exact:
            yield blocking(
                "names",
                f"the stack's name {self.stack} does not fit into names of jobs",
                f"Deploy under a name of at most {STACK_LIMIT} letters, digits and single hyphens.",
            )


def numbers(plan: TrainingPlan) -> Iterator[Finding]:
    """Hyperparameters and the size of the dataset against the limits."""
    yield from hyperparameters.faults(plan.hyperparameters)
    dataset = LIMITS.dataset
    if plan.records is not None and not (
        dataset.min_records <= plan.records <= dataset.max_records
    ):
        yield blocking(
            "records",
            f"the dataset has {plan.records:,} pictures, not {dataset.min_records} to"
            f" {dataset.max_records:,}",
            "Upload more of the production, or lower training.max_per_character.",
        )
