from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from template_model import ROOT


def test_template_when_linted_then_has_no_finding() -> None:
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    lint = subprocess.run(
        [cfn_lint, ROOT / "template.yaml"], capture_output=True, text=True, check=False
    )
    assert (lint.returncode, lint.stdout) == (0, "")
