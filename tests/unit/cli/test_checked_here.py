from __future__ import annotations

from pathlib import Path

import pytest

from onmodel.errors import FilmRefused, RefusedError, SettingsRefused
from onmodel_cli.checked_here import checked_here


@pytest.mark.parametrize(
    ("fault", "reason", "advice"),
    [
        (SettingsRefused("settings.yaml, line 3: no", "Correct it and upload it again"),
         "mine.yaml, line 3: no", "Correct it"),
        (SettingsRefused("settings.yaml has impossible values: x", "Leave the model out"),
         "mine.yaml has impossible values: x", "Leave the model out"),
        (FilmRefused("the film has no picture", "Check that the file plays, and upload it again"),
         "the film has no picture", "Check that the file plays"),
    ],
)  # fmt: skip
def test_checked_here_when_refused_then_named_as_the_file_is_and_not_to_be_uploaded_again(
    fault: RefusedError, reason: str, advice: str
) -> None:
    with pytest.raises(type(fault)) as refused, checked_here(Path("folder/mine.yaml")):
        raise fault
    assert (refused.value.reason, refused.value.advice) == (reason, advice)
