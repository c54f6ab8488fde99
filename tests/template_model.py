"""The real template and the real machines, read as CloudFormation reads them."""

from __future__ import annotations

import ast
import importlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

ROOT = Path(__file__).parents[1]
PLACEHOLDER = re.compile(r"\$\{([A-Za-z0-9]+)\}")


class CloudFormationLoader(yaml.CSafeLoader):
    """Reads !Ref A as {"Ref": "A"} and !GetAtt A.B as {"Fn::GetAtt": ["A", "B"]}.

    By libyaml: the parser that is written in Python needs a second for the template.
    """


def _tag(loader: CloudFormationLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


CloudFormationLoader.add_multi_constructor("!", _tag)


def snake(pascal: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", pascal).lower()


def named(value: object) -> set[str]:
    """Logical ids and pseudo parameters that a value refers to, at any depth."""
    if isinstance(value, dict):
        found: set[str] = set()
        for key, inner in value.items():
            if key == "Ref":
                found.add(str(inner))
            elif key == "Fn::GetAtt":
                found.add(str(inner[0]))
            elif key == "Fn::Sub":
                text = inner if isinstance(inner, str) else inner[0]
                found |= {name.split(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", text)}
                found |= named(inner[1]) if isinstance(inner, list) else set()
            else:
                found |= named(inner)
        return found
    if isinstance(value, list):
        return {name for inner in value for name in named(inner)}
    return set()


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True)
class Template:
    body: dict[str, Any]

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        return self.body["Resources"]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """Properties by logical id of all resources of one type."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    @property
    def functions(self) -> dict[str, dict[str, Any]]:
        return self.of("AWS::Serverless::Function")

    def steps_with_vision(self) -> set[str]:
        """The folders under functions/ whose functions carry the vision layer."""
        return {
            Path(function["CodeUri"]).name
            for function in self.functions.values()
            if {"Ref": "VisionLayer"} in function.get("Layers", [])
        }

    def policies(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """(logical id, statement) of every policy that allows or denies something."""
        for name, resource in self.resources.items():
            for statement in _statements(resource.get("Properties", {})):
                yield name, statement

    def statements(self, name: str) -> list[dict[str, Any]]:
        """Of a resource's own policies and of the template's managed policies attached to it."""
        properties = self.resources[name]["Properties"]
        attached = [
            statement
            for policy in self.attached(properties)
            for statement in self.statements(policy)
        ]
        return [*_statements(properties), *attached]

    def attached(self, properties: dict[str, Any]) -> list[str]:
        """Logical ids of the template's managed policies that a function or role refers to.

        A function names them among its policies; the role that SAM makes of it, by itself.
        """
        listed_here = properties.get("ManagedPolicyArns", properties.get("Policies", []))
        managed = self.of("AWS::IAM::ManagedPolicy")
        referred = [policy.get("Ref") for policy in listed_here if isinstance(policy, dict)]
        return [name for name in referred if name in managed]

    def allowed(self, name: str) -> dict[str, list[dict[str, Any]]]:
        """Statements of one resource that allow, by action."""
        by_action: dict[str, list[dict[str, Any]]] = {}
        for statement in self.statements(name):
            for action in listed(statement["Action"]):
                if statement["Effect"] == "Allow":
                    by_action.setdefault(action, []).append(statement)
        return by_action


def _statements(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Statement":
                yield from listed(inner)
            else:
                yield from _statements(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _statements(inner)


@dataclass(frozen=True)
class Machine:
    """A state machine: its resource, and its definition with every placeholder filled in."""

    name: str
    properties: dict[str, Any]
    text: str
    definition: dict[str, Any] = field(repr=False)

    @property
    def substitutions(self) -> dict[str, Any]:
        return self.properties["DefinitionSubstitutions"]

    def levels(self) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
        """(start, states) of the machine and of every Map within it."""
        pending = [self.definition]
        while pending:
            level = pending.pop()
            yield level["StartAt"], level["States"]
            pending += [s["ItemProcessor"] for s in level["States"].values() if s["Type"] == "Map"]

    def states(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for _, states in self.levels():
            yield from states.items()

    def function_of(self, state: dict[str, Any]) -> str | None:
        """Logical id of the function that a Task calls."""
        called = state.get("Resource", "")
        if called.startswith("arn:aws:states:::lambda:invoke"):
            called = state["Parameters"]["FunctionName"]
        match = re.fullmatch(r"<(\w+Function)>", called)
        return match[1] if match else None


def read_machine(name: str, properties: dict[str, Any]) -> Machine:
    """Numbers are filled in as numbers, everything else as <Name>."""
    text = (ROOT / properties["DefinitionUri"]).read_text()

    def fill(match: re.Match[str]) -> str:
        quoted = match[1].endswith(("Function", "Bucket", "Url", "Arn", "Topic"))
        return f"<{match[1]}>" if quoted else "7"

    bare = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    definition = yaml.load(PLACEHOLDER.sub(fill, bare), Loader=yaml.CSafeLoader)
    json.dumps(definition)  # what Step Functions takes
    return Machine(name, properties, bare, definition)


def handler_source(step: str) -> ast.Module:
    return ast.parse((ROOT / "functions" / step / "app.py").read_text())


def request_model(step: str) -> type[BaseModel]:
    """The model in `@lambda_handler(Model)` of functions/<step>/app.py."""
    tree = handler_source(step)
    names = [
        decorator.args[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "handler"
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and isinstance(decorator.args[0], ast.Name)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for imported in node.names:
                if [imported.name] == names:
                    return getattr(importlib.import_module(node.module), imported.name)
    raise AssertionError(f"functions/{step}/app.py has no @lambda_handler(Model) handler")


def read_template() -> Template:
    text = (ROOT / "template.yaml").read_text()
    return Template(yaml.load(text, Loader=CloudFormationLoader))
