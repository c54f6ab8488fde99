"""One idea, one name: state, function, folder, step, fixtures, tests."""

from __future__ import annotations

import pytest
from template_model import ROOT, Template, read_template, snake

STEPS = sorted(snake(name.removesuffix("Function")) for name in read_template().functions)


def pascal(step: str) -> str:
    return "".join(word.capitalize() for word in step.split("_"))


def test_folders_when_compared_with_functions_then_agree() -> None:
    assert sorted(path.parent.name for path in ROOT.glob("functions/*/app.py")) == STEPS


@pytest.mark.parametrize("step", STEPS)
def test_function_when_named_then_like_its_folder(step: str, template: Template) -> None:
    function = template.functions[f"{pascal(step)}Function"]
    assert function["CodeUri"] == f"functions/{step}/"
    assert function["FunctionName"] == {"Fn::Sub": f"${{AWS::StackName}}-{step}"}


@pytest.mark.parametrize("step", STEPS)
def test_function_when_it_logs_then_to_a_group_of_its_own(step: str, template: Template) -> None:
    """Left to Lambda, a group keeps its lines, and their cost, for ever."""
    name = f"{pascal(step)}Logs"
    assert template.functions[f"{pascal(step)}Function"]["LoggingConfig"] == {
        "LogGroup": {"Ref": name}
    }
    group = template.resources[name]
    assert group["Type"] == "AWS::Logs::LogGroup"
    assert group["Properties"] == {
        "LogGroupName": {"Fn::Sub": f"/aws/lambda/${{AWS::StackName}}-{step}"},
        "RetentionInDays": {"Ref": "LogRetentionDays"},
    }


@pytest.mark.parametrize("step", STEPS)
def test_function_when_looked_for_then_has_a_step_a_fixture_and_a_test(step: str) -> None:
    places = [f"layers/core/onmodel/steps/{step}.py", f"tests/unit/steps/test_{step}.py"]
    missing = [place for place in places if not (ROOT / place).is_file()]
    if not any((ROOT / "events" / step).glob("*.json")):
        missing.append(f"events/{step}/<case>.json")
    assert missing == []


def test_machines_when_named_then_like_their_file(template: Template) -> None:
    machines = template.of("AWS::Serverless::StateMachine")
    assert sorted(path.name for path in ROOT.glob("statemachine/*")) == sorted(
        f"{snake(name)}.asl.yaml" for name in machines
    )
    for name, machine in machines.items():
        assert machine["DefinitionUri"] == f"statemachine/{snake(name)}.asl.yaml"
        assert machine["Name"] == {"Fn::Sub": f"${{AWS::StackName}}-{name}"}
