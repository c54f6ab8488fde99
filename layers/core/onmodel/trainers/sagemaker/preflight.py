"""Can this account, today, in this region, run the trainer's jobs?

Every check adds findings and none ends the others, so that all can be corrected together. Whether
an instance is free, and whether the registry has the image, shows only when a job starts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from onmodel.contracts.trainings import Finding, TrainingPlan
from onmodel.errors import ServiceError, TrainingImpossible
from onmodel.ports.account import Account, OfferedModels, Quotas
from onmodel.ports.machines import Clock
from onmodel.ports.storage import ObjectStore
from onmodel.trainers.called_models import called_model_findings
from onmodel.trainers.findings import blocking, may_pass, size_findings, warning
from onmodel.trainers.ownership import STACK_LIMIT
from onmodel.trainers.sagemaker import hyperparameters, stored_files
from onmodel.trainers.sagemaker.code import REQUIREMENTS, read_code
from onmodel.trainers.sagemaker.limits import LIMITS
from onmodel.trainers.sagemaker.names import SageMakerNames
from onmodel.trainers.sagemaker.registries import registry

SERVICE = "sagemaker.amazonaws.com"


@dataclass(frozen=True)
class SageMakerPreflight:
    """The checks and the services that they use.

    `image`: the container image in which jobs run.
    """

    store: ObjectStore
    stack: str
    region: str
    image: str
    role_arn: str
    account: Account
    quotas: Quotas
    models: OfferedModels
    clock: Clock

    def findings(self, plan: TrainingPlan) -> tuple[Finding, ...]:
        requirements = hashlib.sha256(read_code()[REQUIREMENTS]).hexdigest()
        return (
            *stored_files.weights(self.store),
            *stored_files.wheels(self.store, requirements, self.image),
            *registry(self.image, self.region),
            *called_model_findings(plan.other_models, self.models, self.region, self.clock()),
            *self._instances(plan),
            *self._role(),
            *self._names(),
            *hyperparameters.sagemaker_value_faults(plan.hyperparameters),
            *size_findings(plan.records, LIMITS.dataset),
        )

    def _instances(self, plan: TrainingPlan) -> Iterator[Finding]:
        """Whether one of the instance types may be used; each has a quota of its own."""
        try:
            wanted = hyperparameters.read_sagemaker_values(plan.hyperparameters).instances.split(
                ","
            )
        except TrainingImpossible:
            return  # told by sagemaker_value_faults()
        names = {instance: f"{instance} for training job usage" for instance in wanted}
        try:
            quotas = self.quotas.by_name("sagemaker", set(names.values()))
        except ServiceError as fault:
            if may_pass(fault):
                raise
            yield warning(
                "quota-unknown",
                "the quotas of SageMaker cannot be read",
                "Allow servicequotas:ListServiceQuotas, or see in Service Quotas whether"
                f" {' or '.join(names.values())} is 1 or more.",
            )
            return
        known = {one: quotas[name] for one, name in names.items() if name in quotas}
        usable = [instance for instance, quota in known.items() if quota.value >= 1]
        absent = [instance for instance in wanted if instance not in known]
        if not known:
            yield blocking(
                "instances",
                f"SageMaker has no quota for {_all(wanted)} in {self.region}: it does not offer"
                " them to training jobs there",
                "Name others in training.sagemaker.instances, or deploy in another region.",
            )
        elif not usable:
            yield blocking(
                "quota",
                f"this account may run no training job on {_all(list(known))}",
                f"Ask for one: {self._request(next(iter(known.values())).code)}; it can take days.",
            )
        elif refused := [one for one in wanted if one not in usable]:
            yield warning(
                "quota-of-some",
                f"{_all(refused)} cannot be used: "
                + ("SageMaker does not offer it here" if absent == refused else "the quota is 0"),
                "Leave it out of training.sagemaker.instances, or ask for a quota.",
            )

    def _request(self, code: str) -> str:
        return (
            "`aws service-quotas request-service-quota-increase --service-code sagemaker"
            f" --quota-code {code} --desired-value 1 --region {self.region}`"
        )

    def _role(self) -> Iterator[Finding]:
        try:
            trusts = self.account.role_trusts(self.role_arn, SERVICE)
        except ServiceError as fault:
            if may_pass(fault):
                raise
            yield warning(
                "role-unknown", f"the role {self.role_arn} cannot be read", "Allow iam:GetRole."
            )
            return
        if not trusts:
            state = "does not exist" if trusts is None else f"does not trust {SERVICE}"
            yield blocking("role", f"the role {self.role_arn} {state}", "Deploy this stack again.")

    def _names(self) -> Iterator[Finding]:
        if not SageMakerNames(self.stack, self.store.bucket).is_exact:
            yield blocking(
                "names",
                f"the stack's name {self.stack} does not fit into names of jobs",
                f"Deploy under a name of at most {STACK_LIMIT} letters, digits and single hyphens.",
            )


def _all(instances: list[str]) -> str:
    *others, last = instances
    return f"{', '.join(others)} or {last}" if others else last
