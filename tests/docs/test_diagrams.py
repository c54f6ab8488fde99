"""docs/architecture.md draws what the template deploys.

`ONMODEL_WRITE_DOCS=1 pytest tests/docs/test_diagrams.py` draws the machines anew. The picture of
the whole is drawn by hand: its arrows are looked for in the template.
"""

from __future__ import annotations

import os
import re

import pytest
from docs.diagrams import Arrow, arrows, flowchart
from docs.pages import ROOT, blocks
from template_model import Machine, Template, named, read_machine, read_template, snake

PAGE = "docs/architecture.md"
TEMPLATE = read_template()
MACHINES = {
    name: read_machine(name, properties)
    for name, properties in TEMPLATE.of("AWS::Serverless::StateMachine").items()
}
CHARTS = [block.text for block in blocks(PAGE) if block.language == "mermaid"]


@pytest.mark.parametrize("name", MACHINES)
def test_chart_of_a_machine_when_compared_with_its_definition_then_is_drawn_from_it(
    name: str,
) -> None:
    path = ROOT / PAGE
    text = path.read_text(encoding="utf-8")
    marks = re.compile(rf"(<!-- {name} -->\n```mermaid\n).*?(```\n<!-- /{name} -->)", re.DOTALL)
    assert marks.search(text), f"{PAGE} has no place for {name}"
    drawn = flowchart(MACHINES[name])
    current = marks.sub(lambda found: f"{found[1]}{drawn}{found[2]}", text)
    if os.environ.get("ONMODEL_WRITE_DOCS"):
        path.write_text(current, encoding="utf-8")
    assert current == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_chart_of_a_machine_when_read_back_then_has_every_state_and_every_way(
    machine: Machine,
) -> None:
    states = machine.definition["States"]
    found = arrows(flowchart(machine))
    ways = {
        Arrow(name, target)
        for name, state in states.items()
        for target in [state.get("Next"), state.get("Default"),
                       *(choice["Next"] for choice in state.get("Choices", []))]
        if target
    }  # fmt: skip
    assert ways <= found
    caught = {
        Arrow(name, catcher["Next"])
        for name, state in states.items()
        for catcher in state.get("Catch", [])
    }
    several = {arrow for arrow in found - ways - caught if arrow.start == "any_state"}
    assert found == ways | (found & caught) | several
    assert {arrow.end for arrow in caught} <= {arrow.end for arrow in found}
    assert {arrow.end for arrow in several} <= {arrow.end for arrow in caught}


def spoken_of(name: str, template: Template = TEMPLATE) -> set[str]:
    """What a resource refers to; of a machine, also what its role and its functions refer to."""
    found = set(referred(template.resources[name].get("Properties", {})))
    if name in MACHINES:
        parts = found & (template.functions.keys() | {f"{name}Role"})
        for part in parts:
            found |= referred(template.resources[part]["Properties"])
    return found


def referred(properties: object) -> set[str]:
    """References, and machines that are named by the pattern of their ARN."""
    by_name = re.findall(r"stateMachine:\$\{AWS::StackName\}-(\w+)", str(properties))
    return named(properties) | set(by_name)


def actions(name: str) -> set[str]:
    """Services that a function, or a machine's functions, may call."""
    functions = spoken_of(name) & TEMPLATE.functions.keys() if name in MACHINES else {name}
    return {action.split(":")[0] for one in functions for action in TEMPLATE.allowed(one)}


def answers_a_state(arrow: Arrow) -> bool:
    """Whether a function may answer task tokens, and a state of the machine waits for one."""
    return (
        arrow.end in MACHINES
        and arrow.start in TEMPLATE.functions
        and "states:SendTaskSuccess" in TEMPLATE.allowed(arrow.start)
        and any("waitForTaskToken" in str(state) for _, state in MACHINES[arrow.end].states())
    )


def is_true(arrow: Arrow) -> bool:
    """Whether the template has it: a reference, a trigger, a right to call, or a task token."""
    resources = TEMPLATE.resources
    if arrow.start not in resources:  # a service of AWS, whose events come
        pattern = resources[arrow.end]["Properties"]["EventPattern"]
        return pattern["source"] == [f"aws.{arrow.start}"]
    if arrow.end not in resources:
        return arrow.end in actions(arrow.start)
    if answers_a_state(arrow):
        return True
    triggers = resources[arrow.end]["Properties"]
    if arrow.end in spoken_of(arrow.start) or arrow.start in named(triggers.get("EventPattern")):
        return True
    sources = TEMPLATE.of("AWS::Lambda::EventSourceMapping").values()
    return any({arrow.start, arrow.end} <= named(source) for source in sources)


def test_picture_of_the_whole_when_its_arrows_are_looked_for_then_each_is_in_the_template() -> None:
    drawn = arrows(CHARTS[0])
    assert len(drawn) > 20
    assert [arrow for arrow in drawn if not is_true(arrow)] == []


def test_arrow_when_the_template_has_no_such_way_then_is_not_true() -> None:
    assert not is_true(Arrow("RouteUploadFunction", "RetireModel"))
    assert not is_true(Arrow("PrepareFilm", "TrainModel"))
    assert not is_true(Arrow("rekognition", "TrainingEndedRule"))
    assert not is_true(Arrow("RetireModel", "rekognition"))


def test_picture_of_the_whole_when_searched_then_has_every_rule_and_every_start() -> None:
    drawn = arrows(CHARTS[0])
    for name, rule in TEMPLATE.of("AWS::Events::Rule").items():
        targets = named([target["Arn"] for target in rule["Targets"]])
        assert {Arrow(name, target) for target in targets} <= drawn, name
    for name in [*TEMPLATE.functions, *MACHINES]:
        own = f"{name}Role" if name in MACHINES else name
        rights = TEMPLATE.allowed(own).get("states:StartExecution", [])
        started = {one for right in rights for one in referred(right) if one in MACHINES}
        missing = {Arrow(name, one) for one in started - {name}} - drawn
        assert not missing, missing


def test_page_when_searched_then_names_every_function() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    steps = {name.removesuffix("Function") for name in TEMPLATE.functions}
    assert [step for step in steps if step not in text and snake(step) not in text] == []
