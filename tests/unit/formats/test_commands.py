from __future__ import annotations

import pytest

from onmodel.formats.commands import naming_stack


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("See `onmodel status -p bunny`.", "See `onmodel status -p bunny --local`."),
        ("`onmodel trainer prepare`", "`onmodel trainer prepare --local`"),
        ("`onmodel local up`, `onmodel demo`", "`onmodel local up`, `onmodel demo`"),
        ("`onmodel quote my.mp4`", "`onmodel quote my.mp4`"),
        ("`onmodel run --help`", "`onmodel run --help`"),
        ("`onmodel status --local`", "`onmodel status --local`"),
        ("`onmodel status --stack mine`", "`onmodel status --stack mine`"),
        ("`make demo` and onmodel status", "`make demo` and onmodel status"),
    ],
)
def test_command_in_a_text_when_it_takes_a_stack_then_it_names_it(
    text: str, completed: str
) -> None:
    assert naming_stack(text, "--local") == completed
    assert naming_stack(text, "") == text
