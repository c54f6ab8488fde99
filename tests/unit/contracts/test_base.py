from pathlib import Path

import onmodel

PACKAGE = Path(onmodel.__file__).parent

GIVEN = {
    "contracts/base.py",  # from_stored itself
    "datasets/human_loops.py",  # Amazon A2I's own object: further fields are ignored
    "steps/review_api.py",  # what a page posts
}
"""Modules that read JSON which onmodel did not store."""


def test_stored_objects_when_read_then_fields_of_newer_code_are_left_out() -> None:
    strict = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if ".model_validate_json(" in path.read_text()
    }
    assert strict == GIVEN
