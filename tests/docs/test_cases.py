import ast

import pytest
from docs.cases import ROOT, Case, cases


def test_page_when_read_then_every_row_names_a_test() -> None:
    lines = (ROOT / "docs" / "uploads.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| upload |")]
    assert len(cases()) == len(rows) > 30


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.test)
def test_row_when_it_names_a_test_then_the_test_exists(case: Case) -> None:
    file, _, name = case.test.partition("::")
    tree = ast.parse((ROOT / "tests" / "unit" / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
