"""The values of the dialect: JSONPath, intrinsic functions, Choice rules, error names."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

Json = Any


class StateFailed(Exception):
    """An error by its name, as Step Functions sees it."""

    def __init__(self, name: str, cause: str = "") -> None:
        super().__init__(f"{name}: {cause}")
        self.name, self.cause = name, cause


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def first_rule(rules: Any, error: str) -> tuple[int, Json]:
    for place, rule in enumerate(rules):
        if error in rule["ErrorEquals"] or "States.ALL" in rule["ErrorEquals"]:
            return place, rule
    return -1, None


def look(data: Json, path: str) -> Json:
    found = data
    for part in path.removeprefix("$").split("."):
        if not part:
            continue
        if not isinstance(found, dict) or part not in found:
            raise StateFailed("States.Runtime", f"{path} is not in {json.dumps(data)[:300]}")
        found = found[part]
    return deepcopy(found)


def has(data: Json, path: str) -> bool:
    try:
        look(data, path)
    except StateFailed:
        return False
    return True


def placed(data: Json, path: str | None, value: Json) -> Json:
    if path is None:
        return data
    if path == "$":
        return value
    made = deepcopy(data)
    *parents, last = path.removeprefix("$.").split(".")
    place = made
    for part in parents:
        place = place.setdefault(part, {})
    place[last] = value
    return made


def arguments(call: str) -> list[str]:
    inside = call[call.index("(") + 1 : call.rindex(")")]
    return [part.strip() for part in re.findall(r"'[^']*'|[^,]+", inside) if part.strip()]


def joined(template: str, values: list[str]) -> str:
    for value in values:
        template = template.replace("{}", value, 1)
    return template


def holds(rule: Json, data: Json) -> bool:
    if "And" in rule:
        return all(holds(part, data) for part in rule["And"])
    if "Or" in rule:
        return any(holds(part, data) for part in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], data)
    (test,) = rule.keys() - {"Variable", "Next", "Comment"}
    wanted = rule[test]
    if test == "IsPresent":
        return has(data, rule["Variable"]) == wanted
    value = look(data, rule["Variable"])
    tests: dict[str, Callable[[], bool]] = {
        "StringEquals": lambda: isinstance(value, str) and value == wanted,
        "IsString": lambda: isinstance(value, str) == wanted,
        "BooleanEquals": lambda: isinstance(value, bool) and value == wanted,
        "IsNull": lambda: (value is None) == wanted,
        "NumericEquals": lambda: value == wanted,
        "NumericGreaterThan": lambda: value > wanted,
        "NumericGreaterThanEquals": lambda: value >= wanted,
        "NumericLessThan": lambda: value < wanted,
    }
    return tests[test]()
