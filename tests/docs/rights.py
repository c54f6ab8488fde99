"""The table of docs/security.md: what each role of the stack may do, read from the template."""

from __future__ import annotations

import re
from typing import Any

from deployed_template import expand
from template_model import Template, listed

OF_EVERY_FUNCTION = re.compile(r"(logs|xray):")
"""Log lines and traces; the page says once that all roles may write them."""


def rights_reference() -> str:
    """Markdown: one row for each role, in it one line for each set of resources."""
    template = expand()
    rows = [
        f"| `{role}` | {who(properties)} | {'<br>'.join(rights(template, role))} |"
        for role, properties in sorted(template.of("AWS::IAM::Role").items())
    ]
    return "\n".join(["| role | used by | may |", "|---|---|---|", *rows]) + "\n"


def who(role: dict[str, Any]) -> str:
    """The services that may assume a role."""
    return ", ".join(
        sorted(
            service.removesuffix(".amazonaws.com")
            for statement in role["AssumeRolePolicyDocument"]["Statement"]
            for service in listed(statement["Principal"]["Service"])
        )
    )


def rights(template: Template, role: str) -> list[str]:
    """Actions and resources of a role, in words of the template; `-` when there are none."""
    by_resource: dict[str, set[str]] = {}
    for statement in template.statements(role):
        if "Resource" not in statement:  # who may assume it
            continue
        actions = {a for a in listed(statement["Action"]) if not OF_EVERY_FUNCTION.match(a)}
        if not actions:
            continue
        resources = ", ".join(f"`{place}`" for place in places(statement["Resource"]))
        denied = "NOT " if statement["Effect"] == "Deny" else ""
        where = f"{denied}on {resources}{conditions(statement.get('Condition', {}))}"
        by_resource.setdefault(where, set()).update(actions)
    return [f"{short(actions)} {where}" for where, actions in sorted(by_resource.items())] or ["-"]


def short(actions: set[str]) -> str:
    """`s3:GetObject`, `PutObject`: each service is named once."""
    by_service: dict[str, list[str]] = {}
    for action in sorted(actions):
        service, name = action.split(":")
        by_service.setdefault(service, []).append(name)
    return ", ".join(
        ", ".join([f"`{service}:{names[0]}`", *(f"`{name}`" for name in names[1:])])
        for service, names in by_service.items()
    )


def conditions(condition: dict[str, Any]) -> str:
    """The keys that a condition compares; the template has the values."""
    keys = sorted({key for compared in condition.values() for key in compared})
    return f" under a condition on {', '.join(f'`{key}`' for key in keys)}" if keys else ""


def places(resource: Any) -> list[str]:
    """Resources as the template names them: `StudioBucket/*`, `RegistryTable`, `*`."""
    return sorted({_place(one) for one in listed(resource)})


def _place(value: Any) -> str:
    if isinstance(value, str):
        return _plain(value)
    ((key, inner),) = value.items()
    if key == "Ref":
        return str(inner)
    if key == "Fn::GetAtt":
        return str(inner[0] if isinstance(inner, list) else inner.split(".")[0])
    if key == "Fn::Sub":
        return _plain(re.sub(r"\$\{([A-Za-z0-9]+)(?:\.Arn)?\}", r"\1", inner))
    if key == "Fn::If":
        return f"{_place(inner[1])} or {_place(inner[2])}"
    raise NotImplementedError(key)


def _plain(text: str) -> str:
    """Without the partition, region and account, which are the stack's own."""
    text = re.sub(r"\$\{(AWS::)?(\w+)\}", r"\2", text)
    return re.sub(r"^arn:[^:]*:([^:]*):[^:]*:[^:]*:", r"\1 ", text)
