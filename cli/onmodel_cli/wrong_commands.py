"""Commands that cannot be parsed: with `--json`, stdout gets this error as it gets all others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer import Context
from typer.core import TyperGroup
from typer.exceptions import TyperException

JSON = "--json"


class Program(TyperGroup):
    """A group of commands. Typer itself prints the error on stderr and ends with code 2.

    Typer overrides these with a context whose class is private, so `ctx` is not typed here.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Options of the program itself."""
        ctx.meta[JSON] = JSON in args
        with _error_as_object(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        """Parse the command's own options, and run it."""
        with _error_as_object(ctx):
            return super().invoke(ctx)


@contextmanager
def _error_as_object(ctx: Context) -> Iterator[None]:
    try:
        yield
    except TyperException as fault:
        if ctx.meta[JSON] and str(fault):  # without a text: the help is shown instead
            from onmodel_cli.speaking import print_error

            print_error(fault, fault.format_message(), fault.exit_code)
        raise
