from __future__ import annotations

import subprocess
import sys
import types

import pytest

from onmodel_local.patches.upstream import PatchOutdatedError, digest_of, expect, replace


def test_patches_when_applied_then_ministack_is_what_they_were_written_against() -> None:
    """In a process of its own: patches change ministack's modules for good."""
    code = "from onmodel_local import patches; patches.apply_all()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _module() -> types.ModuleType:
    import textwrap

    return textwrap  # any module with functions that have a source


def test_expect_when_source_differs_then_says_which_function() -> None:
    with pytest.raises(PatchOutdatedError, match=r"textwrap\.dedent changed"):
        expect(_module(), "dedent", "0" * 12)


def test_expect_when_function_is_gone_then_says_so() -> None:
    with pytest.raises(PatchOutdatedError, match="does not exist any more"):
        expect(_module(), "not_there", "0" * 12)


def test_replace_when_source_is_known_then_wraps_the_original() -> None:
    import inspect

    class Holder:
        @staticmethod
        def double(value: int) -> int:
            return value * 2

    digest = digest_of(inspect.getsource(Holder.double))

    @replace(Holder, "double", digest)
    def _(original):
        return lambda value: original(value) + 1

    assert Holder.double(3) == 7
