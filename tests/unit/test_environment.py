import pytest
from pydantic import ValidationError

from onmodel.environment import read_environment


def test_read_when_variables_are_missing_then_named_and_no_value_is_shown() -> None:
    with pytest.raises(ValidationError) as fault:
        read_environment({"AWS_SESSION_TOKEN": "secret"})
    assert "UPLOADS_BUCKET" in str(fault.value)
    assert "secret" not in str(fault.value)
