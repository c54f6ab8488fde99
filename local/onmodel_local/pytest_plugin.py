"""Fixtures over the local stack: `local_stack` and `deployed`, one of each per test run.

Imports inside the fixtures, because every unit test run loads this module.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from onmodel_local.mail import MailCatcher
    from onmodel_local.stack import LocalStack


@dataclass(frozen=True)
class Deployed:
    """The repository's own template on a local stack."""

    stack: LocalStack
    outputs: dict[str, str]
    mails: MailCatcher


@pytest.fixture(scope="session")
def local_stack() -> Iterator[LocalStack]:
    """A shared running stack; tests use distinct resource names and clear injected faults."""
    from onmodel_local.stack import LocalStack

    with LocalStack(vision_url="") as stack:  # no vision model: the same on every machine
        yield stack


@pytest.fixture(scope="session")
def deployed(pytestconfig: pytest.Config) -> Iterator[Deployed]:
    """template.yaml deployed on a stack of its own."""
    from onmodel_local.deploy import deploy_template
    from onmodel_local.mail import MailCatcher
    from onmodel_local.simulation_settings import SimulationSettings
    from onmodel_local.stack import LocalStack
    from onmodel_local.trainer_files import put_trainer_files

    settings = SimulationSettings(training_seconds=2, throughput_seconds=2)
    # no vision model: the same on every machine
    with LocalStack(settings=settings, vision_url="") as stack:
        template = pytestconfig.rootpath / "template.yaml"
        # the default of 15 minutes would be too long for a test
        parameters = {"QuietSeconds": "2", "FlowDefinition": "onmodel-review"}
        outputs = deploy_template(stack, template, parameters=parameters)
        put_trainer_files(stack, outputs["StudioBucket"], pytestconfig.rootpath)
        yield Deployed(stack, outputs, MailCatcher(stack, outputs["TopicArn"]))
