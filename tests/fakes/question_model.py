"""A CaptionModel that writes questions about scenes and answers them, as a test says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from fakes.caption_model import FakeCaptionModel

from onmodel.contracts.models import Turn

LISTED = re.compile(r"^(\d+)\. (.+)$", re.MULTILINE)
FIRST = re.compile(r"numbered from (\d+)")


class FakeQuestionModel(FakeCaptionModel):
    """Asks for a `flute` in scene after scene, and answers by `sees`.

    Args:
        sees: a question's text → whether the answer is yes; None answers `maybe`.
    """

    def __init__(self, sees: Callable[[str], bool | None] = lambda _: True) -> None:
        super().__init__(self._said, "amazon.nova-pro-v1:0")
        self.sees = sees

    def _said(self, turns: Sequence[Turn]) -> str:
        text = turns[0].text
        if turns[0].picture is None:
            return questions_about(text)
        said = {True: "yes", False: "no", None: "maybe"}
        asked = LISTED.findall(text)
        return json.dumps({number: said[self.sees(question)] for number, question in asked})


def questions_about(text: str) -> str:
    """A thing of the scene, its last word, and what it is like."""
    found = FIRST.search(text)
    first = int(found[1]) if found else 1
    thing = text.partition("this scene:\n")[2].splitlines()[0].split()[-1].strip(".")
    asked = [
        {"number": first, "question": f"Is there a {thing} in the picture?", "kind": "thing",
         "about": f"a {thing}", "parents": []},
        {"number": first + 1, "question": f"Is the {thing} whole?", "kind": "detail", "about": "",
         "parents": [first]},
    ]  # fmt: skip
    return json.dumps(asked)
