"""Fixtures over the local stack: `local_stack` and `deployed`, one of each for a whole test run.

Imports late: every unit test run loads this module.
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
    """A running stack, shared; tests name their resources apart and clear faults they ordered."""
    from onmodel_local.stack import LocalStack

    with LocalStack(vision_url="") as stack:  # tests are the same on every machine
        yield stack


@pytest.fixture(scope="session")
def deployed(pytestconfig: pytest.Config) -> Iterator[Deployed]:
    """template.yaml deployed on a stack of its own."""
    from onmodel_local.deploy import deploy_template
    from onmodel_local.mail import MailCatcher
    from onmodel_local.pace import Pace
    from onmodel_local.stack import LocalStack

    pace = Pace(training_seconds=2, throughput_seconds=2)
    with LocalStack(pace=pace, vision_url="") as stack:  # tests are the same on every machine
        template = pytestconfig.rootpath / "template.yaml"
        # a quarter of an hour of quiet would be all that a test waits for
        outputs = deploy_template(stack, template, parameters={"QuietSeconds": "2"})
        yield Deployed(stack, outputs, MailCatcher(stack, outputs["TopicArn"]))
