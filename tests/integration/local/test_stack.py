"""A stack leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import wait_until

from onmodel_local.deploy import DeployFailedError, deploy_template
from onmodel_local.folders import StackFolder
from onmodel_local.stack import LocalStack, StackFailedError


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_stop_when_called_then_no_process_and_no_file_is_left() -> None:
    stack = LocalStack()
    stack.start()
    group, folder = stack.pid, stack.folder
    assert folder.is_dir()
    stack.stop()
    stack.stop()
    assert not _alive(group)
    assert not folder.exists()


def test_stack_when_its_parent_is_killed_then_ends_too() -> None:
    code = (
        "import time; from onmodel_local.stack import LocalStack; s = LocalStack(); s.start();"
        " print(s.pid, s.folder, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    group, folder = parent.stdout.readline().split()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not _alive(int(group)))
    assert not Path(folder).exists()


def test_environment_when_functions_inherit_it_then_nothing_of_the_hosts(
    local_stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    inherited = local_stack._clean_environment(StackFolder(local_stack.folder, kept=False))
    assert "AWS_PROFILE" not in inherited
    assert inherited["AUTH"] == "true"


def test_deploy_when_a_resource_fails_then_its_reason_is_told(
    local_stack: LocalStack, tmp_path: Path
) -> None:
    template = tmp_path / "template.yaml"
    guard = Path(__file__).parent / "guarded" / "functions" / "guard"
    template.write_text(f"""
Transform: AWS::Serverless-2016-10-31
Resources:
  Guard:
    Type: AWS::Serverless::Function
    Properties: {{ CodeUri: {guard}, Handler: app.handler, Runtime: python3.13, Timeout: 10 }}
  Broken:
    Type: Custom::Broken
    Properties: {{ ServiceToken: !GetAtt Guard.Arn, Refuse: Create }}
""")
    with pytest.raises(DeployFailedError, match=r"Broken .*something still bills"):
        deploy_template(local_stack, template, stack_name="broken")


def test_deploy_when_template_is_refused_then_its_reason_is_told(
    local_stack: LocalStack, tmp_path: Path
) -> None:
    template = tmp_path / "template.yaml"
    template.write_text("Resources: { Odd: { Type: AWS::Nowhere::Thing } }")
    with pytest.raises(DeployFailedError, match="AWS::Nowhere::Thing"):
        deploy_template(local_stack, template, stack_name="odd")


def test_control_when_order_is_unknown_then_refused(local_stack: LocalStack) -> None:
    with pytest.raises(StackFailedError, match="not simulated"):
        local_stack.control("faults", {"service": "s3", "operation": "GetObject"})
    with pytest.raises(StackFailedError, match="is not a control endpoint"):
        local_stack.control("nothing")
