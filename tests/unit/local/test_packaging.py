from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from onmodel_local.packaging import load_template, package

TEMPLATE = """
Parameters: { Stage: { Type: String, Default: dev } }
Resources:
  Layer:
    Type: AWS::Serverless::LayerVersion
    Properties: { ContentUri: layers/core }
  Function:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/probe
      Role: !GetAtt Role.Arn
      Description: !Sub "a ${Stage}"
      Environment: { Variables: { POLL: !If [IsDev, 1, !Ref Stage], LOUD: true } }
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties: { DefinitionUri: machine.asl.yaml }
  Role:
    Type: AWS::IAM::Role
    Properties: { AssumeRolePolicyDocument: { Version: 2012-10-17, Statement: [] } }
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    for path, text in {
        "template.yaml": TEMPLATE,
        "layers/core/onmodel/__init__.py": "",
        "layers/core/onmodel/keys.py": "X = 1",
        "layers/core/requirements.txt": "pydantic",
        "layers/core/onmodel/__pycache__/keys.pyc": "",
        "functions/probe/app.py": "def handler(e, c): ...",
        "machine.asl.yaml": "StartAt: A\nStates: { A: { Type: Succeed } }",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path / "template.yaml"


def _object(made, resource: str, name: str) -> bytes:
    uri = made.template["Resources"][resource]["Properties"][name]
    assert uri.startswith("s3://bucket/")
    return made.objects[uri.removeprefix("s3://bucket/")]


def _names(archive: bytes) -> set[str]:
    return set(zipfile.ZipFile(io.BytesIO(archive)).namelist())


def test_package_when_layer_holds_a_package_then_it_lies_under_python(template: Path) -> None:
    made = package(template, "bucket")
    assert _names(_object(made, "Layer", "ContentUri")) == {
        "python/", "python/onmodel/__init__.py", "python/onmodel/keys.py",
    }  # fmt: skip


def test_package_when_machine_is_yaml_then_json(template: Path) -> None:
    definition = _object(package(template, "bucket"), "Machine", "DefinitionUri")
    assert json.loads(definition) == {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}


def test_package_when_done_twice_then_the_same_keys(template: Path) -> None:
    assert package(template, "bucket").objects == package(template, "bucket").objects


def test_package_when_function_changes_then_another_key(template: Path) -> None:
    before = set(package(template, "bucket").objects)
    (template.parent / "functions/probe/app.py").write_text("changed = 1")
    assert len(set(package(template, "bucket").objects) - before) == 1


def test_load_template_when_short_tags_then_long_forms() -> None:
    properties = load_template(TEMPLATE)["Resources"]["Function"]["Properties"]
    assert properties["Role"] == {"Fn::GetAtt": ["Role", "Arn"]}
    assert properties["Description"] == {"Fn::Sub": "a ${Stage}"}


def test_package_when_environment_has_numbers_then_text(template: Path) -> None:
    properties = package(template, "bucket").template["Resources"]["Function"]["Properties"]
    assert properties["Environment"]["Variables"] == {
        "POLL": {"Fn::If": ["IsDev", "1", {"Ref": "Stage"}]},
        "LOUD": "true",
    }


def test_load_template_when_version_looks_like_a_date_then_text() -> None:
    role = load_template(TEMPLATE)["Resources"]["Role"]["Properties"]
    assert role["AssumeRolePolicyDocument"]["Version"] == "2012-10-17"


def test_load_template_when_no_template_then_refused() -> None:
    with pytest.raises(ValueError, match="no CloudFormation template"):
        load_template("a: 1")
