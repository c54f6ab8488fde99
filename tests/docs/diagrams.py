"""Mermaid's flowcharts: those of the machines drawn from their definitions, any read as arrows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from template_model import Machine

_SHAPE = "|".join(
    [r"\[\[.*?\]\]", r"\(\(.*?\)\)", r"\(\[.*?\]\)", r"\[\(.*?\)\]", r"\[/.*?/\]", r"\{\{.*?\}\}",
     r"\[.*?\]", r"\{.*?\}", r"\(.*?\)"]
)  # fmt: skip
_NODE = rf"\w+(?:{_SHAPE})?"
_ARROW = r"\s+(?:-->|-\.->|--\s.+?\s-->|-\.\s.+?\s\.->)\s+"
SHAPES = {"Map": "[[{}]]", "Choice": "{{{}}}", "Wait": "({})", "Succeed": "([{}])",
          "Fail": "(({}))"}  # fmt: skip
WIDE = 24  # states beyond which a machine is drawn downwards: pages scroll in one direction
COMMON = 3  # states that go the same way when they fail are drawn as one


@dataclass(frozen=True)
class Arrow:
    """From one node to another, by their ids."""

    start: str
    end: str


def arrows(text: str) -> set[Arrow]:
    """All arrows of a flowchart; `A --> B --> C` are two."""
    found = set()
    for line in text.splitlines():
        nodes = re.split(_ARROW, line.strip())
        assert len(nodes) == 1 or all(re.fullmatch(_NODE, node) for node in nodes), line
        ids = [re.match(r"\w*", node)[0] for node in nodes]
        found |= {Arrow(*pair) for pair in pairwise(ids)}
    return found


def flowchart(machine: Machine) -> str:
    """A machine's states and ways as Mermaid's text, in the order in which they are written."""
    states = machine.definition["States"]
    lines = [f"flowchart {'TD' if len(states) > WIDE else 'LR'}"]
    known: set[str] = set()

    def node(name: str) -> str:
        """With its shape where it is first named; a task is a plain box."""
        state = states[name]
        if name in known or state["Type"] in {"Task", "Pass"}:
            return name
        known.add(name)
        return name + SHAPES[state["Type"]].format(_label(name, state))

    for name, state in states.items():
        for says, target in _ways(state):
            lines.append(f"  {node(name)} {_line(says)} {node(target)}")
    return "\n".join([*lines, *_faults(states, node)]) + "\n"


def _label(name: str, state: dict[str, Any]) -> str:
    if state["Type"] != "Map":
        return name
    children = list(state["ItemProcessor"]["States"])
    return f'"{name}<br/>each: {" ▸ ".join(children)}"'


def _ways(state: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(what is answered, next state), the default last."""
    for choice in state.get("Choices", []):
        yield _answer(choice), choice["Next"]
    for target in (state.get("Next"), state.get("Default")):
        if target:
            yield ("else" if "Default" in state else ""), target


def _answer(choice: dict[str, Any]) -> str:
    """What a choice asks for, in a word or two."""
    if "And" in choice:  # is there, and is a text
        return str(choice["And"][0]["Variable"]).rsplit(".", 1)[-1].replace("_", " ")
    (asked,) = (value for key, value in choice.items() if key not in {"Variable", "Next"})
    name = str(choice["Variable"]).rsplit(".", 1)[-1].replace("_", " ")
    return str(asked) if isinstance(asked, str) else "some" if asked == 0 else name


def _line(says: str) -> str:
    return f"-- {says} -->" if says else "-->"


def _faults(states: dict[str, Any], node: Callable[[str], str]) -> Iterator[str]:
    """Dotted lines: where a state goes when it fails."""
    caught = [
        (name, catcher["Next"], catcher["ErrorEquals"])
        for name, state in states.items()
        for catcher in state.get("Catch", [])
    ]
    usual = Counter(target for _, target, names in caught if names == ["States.ALL"])
    for target, times in usual.items():
        if times >= COMMON:
            yield f"  any_state[any of {times} states] -. fails .-> {node(target)}"
    for name, target, names in caught:
        if names != ["States.ALL"] or usual[target] < COMMON:
            says = "fails" if names == ["States.ALL"] else " or ".join(names)
            yield f"  {name} -. {says.removeprefix('States.')} .-> {node(target)}"
