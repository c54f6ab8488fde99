from __future__ import annotations

import json

import pytest
import typer
from botocore.exceptions import ClientError, NoCredentialsError

from onmodel.adapters.faults import translated
from onmodel.errors import EnvironmentIncomplete
from onmodel.observability import logger
from onmodel_cli import speaking


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (NoCredentialsError(), "✗ AWS gave no answer: Unable to locate credentials\nSign in first"),
        (ClientError({"Error": {"Code": "X"}}, "Get"), "✗ AWS answered with an error: An error"),
    ],
)
def test_plain_errors_when_nothing_was_answered_then_it_does_not_say_that_aws_answered(
    fault: Exception, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, speaking.plain_errors(), translated():
        raise fault
    assert ended.value.exit_code == speaking.Exit.SERVICE
    assert capsys.readouterr().err.startswith(said)


def test_plain_errors_when_a_fault_is_unexpected_then_json_has_it_and_its_traceback_stays(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ZeroDivisionError), speaking.plain_errors(as_json=True):
        raise ZeroDivisionError("by nothing")
    assert json.loads(capsys.readouterr().out) == {
        "error": {
            "kind": "ZeroDivisionError",
            "message": "A fault of onmodel: by nothing",
            "exit_code": 1,
        }
    }


def test_plain_errors_when_the_library_logs_then_its_warnings_are_on_stderr_and_nothing_on_stdout(
    capsys: pytest.CaptureFixture[str],
) -> None:
    level = logger.log_level
    with speaking.plain_errors():
        logger.info("a picture was kept")
        logger.warning("a picture was dropped")
    told = capsys.readouterr()
    assert told.out == ""
    assert "a picture was dropped" in told.err and "kept" not in told.err
    assert logger.log_level == level


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (typer.Abort(), "Not confirmed, so nothing was done. --yes does it without a question."),
        (
            NotADirectoryError(20, "Not a directory", "a.md"),
            "a.md: Not a directory. Check",
        ),
        (OSError(28, "No space left on device"), "The output cannot be written: no space is left."),
        (EnvironmentIncomplete("X is not set", ""), "deployed by another version of onmodel."),
    ],
)
def test_plain_errors_when_a_person_can_act_then_one_sentence_and_code_3(
    fault: Exception, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, speaking.plain_errors():
        raise fault
    assert ended.value.exit_code == speaking.Exit.REFUSED
    assert said in capsys.readouterr().err


def test_plain_errors_when_a_reader_of_the_output_ended_then_it_is_left_to_typer() -> None:
    with pytest.raises(BrokenPipeError), speaking.plain_errors():
        raise BrokenPipeError(32, "Broken pipe")


def test_say_when_a_text_has_a_word_between_colons_then_it_is_no_picture(
    capsys: pytest.CaptureFixture[str],
) -> None:
    speaking.say("arn:aws:secretsmanager:us-east-1:000000000000:secret:key")
    assert ":secret:key" in capsys.readouterr().err
