from __future__ import annotations

import pytest

from onmodel.trainers.sagemaker.tokens import tokens_at_most, tokens_fault


def test_tokens_when_a_text_has_latin_letters_alone_then_the_longest_one_fits() -> None:
    assert tokens_at_most("a" * 1024) == 342
    assert tokens_fault("a" * 1024) is None


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("7" * 481, 481), ("絵" * 321, 482), ("🎬" * 121, 484), ("絵" * 300 + "a" * 93, 481)],
)
def test_tokens_when_there_are_more_than_are_read_then_told(text: str, tokens: int) -> None:
    assert tokens_fault(text) == f"may have {tokens} tokens, at most 480 are read"
    assert tokens_fault(text[:-3]) is None
