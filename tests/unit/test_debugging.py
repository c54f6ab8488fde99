"""docs/debugging.md tells commands that exist, with arguments that exist."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import boto3
import pytest
from botocore import xform_name

from onmodel_local.packaging import load_template

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "debugging.md").read_text(encoding="utf-8")
BLOCKS = "\n".join(re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL))
INLINE = "\n".join(re.findall(r"`((?:aws|make|sam) [^`\n]+)`", PAGE))
COMMANDS = [line for line in f"{BLOCKS}\n{INLINE}".splitlines() if line.strip()]
OF_THE_CLI = {"max_items", "starting_token", "page_size", "output", "region"}
"""What the AWS CLI adds to every command."""


def commands(program: str) -> list[list[str]]:
    found = [shlex.split(line) for line in COMMANDS if line.startswith(f"{program} ")]
    assert found, f"no {program} command is left on the page"
    return found


def options(words: list[str]) -> set[str]:
    return {word.removeprefix("--").replace("-", "_") for word in words if word.startswith("--")}


@pytest.mark.parametrize("words", commands("aws"), ids=lambda words: " ".join(words[1:3]))
def test_page_when_it_names_a_call_of_aws_then_service_call_and_parameters_exist(
    words: list[str],
) -> None:
    service, call = words[1], words[2].replace("-", "_")
    if (service, call) == ("s3", "cp"):  # of the CLI itself, over CopyObject
        service, call, renamed = "s3", "copy_object", {"metadata_directive"}
        assert options(words) <= renamed
    client = boto3.client(
        service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    operation = client.meta.method_to_api_mapping[call]
    members = client.meta.service_model.operation_model(operation).input_shape.members
    assert options(words) <= {xform_name(member) for member in members} | OF_THE_CLI


@pytest.mark.parametrize("words", commands("make"), ids=" ".join)
def test_page_when_it_names_a_make_target_then_it_exists(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{words[1]}:", makefile, re.MULTILINE)
    for variable in (word.partition("=")[0] for word in words[2:]):
        assert f"$({variable})" in makefile


def test_page_when_it_names_log_groups_then_their_functions_exist() -> None:
    steps = re.findall(r"/aws/lambda/onmodel-(\w+)", PAGE)
    assert steps
    assert all((ROOT / "functions" / step / "app.py").is_file() for step in steps)


def test_page_when_it_names_error_classes_then_they_are_of_the_tree() -> None:
    source = (ROOT / "layers/core/onmodel/errors.py").read_text(encoding="utf-8")
    named = re.findall(r"`([A-Z]\w+(?:Refused|Unavailable)|Throttled)`", PAGE)
    assert named
    assert all(f"class {name}(" in source for name in named)


def test_variables_of_sam_local_when_listed_then_the_template_declares_them() -> None:
    template = load_template((ROOT / "template.yaml").read_text(encoding="utf-8"))
    declared = template["Globals"]["Function"]["Environment"]["Variables"]
    listed = json.loads((ROOT / "events" / "env.json").read_text())["Parameters"]
    assert listed.keys() <= declared.keys()
