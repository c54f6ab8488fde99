from datetime import timedelta

import pytest
from fakes.deployment_in_memory import DeploymentInMemory

from onmodel.deployments.ends import hours_overdue


@pytest.mark.parametrize(
    ("minutes", "hours"), [(-90, 0), (-1, 0), (0, 0), (59, 0), (60, 1), (119, 1), (120, 2)]
)
@pytest.mark.parametrize("is_retiring", [True, False])
def test_hours_overdue_when_asked_then_whole_hours_since_the_retirement_began_or_was_due(
    is_retiring: bool, minutes: int, hours: int
) -> None:
    studio = DeploymentInMemory()
    studio.planned()
    due = studio.deployment().body.retires_at
    began = due - timedelta(hours=5) if is_retiring else None
    deployment = studio.deployment().with_fields(retiring_since=began)
    assert hours_overdue(deployment, (began or due) + timedelta(minutes=minutes)) == hours
