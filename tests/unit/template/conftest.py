from __future__ import annotations

import pytest
from deployed_template import Deployed
from template_model import Machine, Template, read_machine, read_template


@pytest.fixture(scope="session")
def template() -> Template:
    return read_template()


@pytest.fixture(scope="session")
def machines(template: Template) -> dict[str, Machine]:
    return {
        name: read_machine(name, properties)
        for name, properties in template.of("AWS::Serverless::StateMachine").items()
    }


@pytest.fixture(scope="session")
def deployed() -> Deployed:
    """With the defaults, as a first deployment takes them."""
    return Deployed()
