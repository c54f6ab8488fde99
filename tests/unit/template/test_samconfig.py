"""samconfig.toml holds nothing that the SAM CLI does not know: it ignores such keys in silence."""

import json
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from template_model import Template

from onmodel.trainers.bedrock.limits import TRAINING_REGIONS
from onmodel.trainers.ownership import STACK_LIMIT

ROOT = Path(__file__).parents[3]
SAM_PYTHON = ROOT / ".venv-sam" / "bin" / "python"
WHERE = {
    "build": "samcli.commands.build.command",
    "deploy": "samcli.commands.deploy.command",
    "validate": "samcli.commands.validate.validate",
}
DUMP = """
import importlib, json, sys
modules = json.loads(sys.argv[1])
print(json.dumps({
    name: [option.name for option in importlib.import_module(module).cli.params if option.name]
    for name, module in modules.items()
}))
"""


@pytest.fixture(scope="module")
def options() -> dict[str, set[str]]:
    """Of each command of the SAM CLI, as it is installed for `make check-template`."""
    if not SAM_PYTHON.exists():
        pytest.skip("no SAM CLI in .venv-sam: make check-template")
    done = subprocess.run(
        [SAM_PYTHON, "-c", DUMP, json.dumps(WHERE)], capture_output=True, text=True, check=True
    )
    return {name: set(names) for name, names in json.loads(done.stdout).items()}


def unknown_keys(config: dict[str, Any], options: dict[str, set[str]]) -> list[str]:
    """Each key that no command reads; what is global is read by all commands that know it."""
    found = []
    for stage, commands in config.items():
        if stage == "version":
            continue
        for command, section in commands.items():
            known = set.union(*options.values()) if command == "global" else options.get(command)
            if known is None or section.keys() != {"parameters"}:
                found.append(f"{stage}.{command}")
                continue
            found += [
                f"{stage}.{command}.{key}" for key in section["parameters"] if key not in known
            ]
    return found


@pytest.fixture
def config() -> dict[str, Any]:
    return tomllib.loads((ROOT / "samconfig.toml").read_text())


def test_samconfig_when_read_by_the_cli_then_every_key_is_known(
    config: dict[str, Any], options: dict[str, set[str]]
) -> None:
    assert {"default", "prod"} <= config.keys()
    assert unknown_keys(config, options) == []


def test_unknown_keys_when_there_are_some_then_named(options: dict[str, set[str]]) -> None:
    config = {
        "version": 0.1,
        "default": {
            "deploy": {"parameters": {"stack_name": "a", "confirm_change_set": True}},
            "depoly": {"parameters": {}},
            "validate": {"lint": True},
        },
    }
    assert unknown_keys(config, options) == [
        "default.deploy.confirm_change_set",
        "default.depoly",
        "default.validate",
    ]


def test_samconfig_when_it_sets_parameters_then_the_template_takes_their_values(
    config: dict[str, Any], template: Template
) -> None:
    for stage in ("default", "prod"):
        overrides = config[stage]["deploy"]["parameters"]["parameter_overrides"]
        chosen = dict(pair.split("=", 1) for pair in shlex.split(overrides))
        assert chosen
        for name, value in chosen.items():
            allowed = template.body["Parameters"][name].get("AllowedValues", [value])
            assert value in map(str, allowed), f"{stage}: {name}"


def test_samconfig_when_deployed_then_where_models_are_trained_and_with_no_more_rights(
    config: dict[str, Any],
) -> None:
    for stage in ("default", "prod"):
        assert config[stage]["global"]["parameters"]["region"] in TRAINING_REGIONS, stage
        deploy = config[stage]["deploy"]["parameters"]
        assert deploy["capabilities"] == "CAPABILITY_IAM", stage
        assert deploy["confirm_changeset"] is True, stage
    names = [config[stage]["global"]["parameters"]["stack_name"] for stage in ("default", "prod")]
    assert len(set(names)) == 2
    assert all(len(name) <= STACK_LIMIT for name in names)


def test_answers_when_guided_then_are_kept_beside_the_template(config: dict[str, Any]) -> None:
    """`sam deploy --guided` writes beside template_file: in .aws-sam they die with a build."""
    for stage in ("default", "prod"):
        assert "template_file" not in config[stage]["deploy"]["parameters"]
