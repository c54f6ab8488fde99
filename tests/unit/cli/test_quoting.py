from __future__ import annotations

import json
from pathlib import Path

import pytest
from drawn.films import DrawnFilm
from template_model import read_template
from typer.testing import CliRunner

from onmodel_cli import main, quoting

SETTINGS = """
sampling: {interval_seconds: 0.1}
training: {max_per_character: 7}
characters: {mira: {name: Mira}, odo: {name: Odo}}
"""


def captions(film: Path, *arguments: str) -> tuple[str, ...]:
    """The assumptions of the quote on captions and training."""
    done = CliRunner().invoke(main.app, ["quote", str(film), "--json", *arguments])
    assert done.exit_code == 0, done.output
    return tuple(json.loads(done.output)["caption and train"]["assumptions"])


@pytest.fixture
def settings(tmp_path: Path) -> str:
    path = tmp_path / "settings.yaml"
    path.write_text(SETTINGS)
    return str(path)


def test_quote_when_settings_name_characters_then_captions_up_to_their_caps(
    drawn: DrawnFilm, settings: str
) -> None:
    first, second, *_ = captions(drawn.path, "--settings", settings)
    assert first.startswith("14 captions ")
    assert second == "2 characters, 7 pictures of each at most"


def test_quote_when_characters_are_counted_by_hand_then_so_many(
    drawn: DrawnFilm, settings: str
) -> None:
    first, second, *_ = captions(drawn.path, "--settings", settings, "--characters", "3")
    assert first.startswith("21 captions ")
    assert second == "3 characters, 7 pictures of each at most"


def test_quote_when_no_character_is_known_then_each_expected_figure(drawn: DrawnFilm) -> None:
    done = CliRunner().invoke(main.app, ["quote", str(drawn.path), "--json"])
    prepare = json.loads(done.output)["prepare"]["assumptions"][1]
    first, second, *_ = captions(drawn.path)
    assert f"so {2 * int(first.split()[0])} embeddings" in prepare
    assert second == "how many characters there are is not known"


def test_quote_when_shown_then_one_total_of_all_parts_until_nothing_is_billed(
    drawn: DrawnFilm,
) -> None:
    answer = json.loads(CliRunner().invoke(main.app, ["quote", str(drawn.path), "--json"]).output)
    parts = {name: float(answer[name]["bill"]["total_usd"]) for name in answer if name != "total"}
    total = answer["total"]
    assert parts["deploy"] == 4 * 60.5
    assert total["usd"] == pytest.approx(sum(parts.values()))
    assert total["asked_usd"] == pytest.approx(total["usd"] - parts["prepare"])
    asked = answer["caption and train"]["assumptions"][0]
    again = int(asked.partition("; at most ")[2].split()[0])
    usd_each = 3.0 * 0.0008 + 0.07 * 0.0032  # thousands of tokens, in and out
    assert total["usual_usd"] == pytest.approx(total["usd"] - 60.5 - again * usd_each)
    assert total["unsure"] == ["training"]
    shown = " ".join(CliRunner().invoke(main.app, ["quote", str(drawn.path)]).output.split())
    assert f"In all at most ${total['usd']:,.2f}" in shown
    assert "A mail asks for the" in shown and "once and before any of it is spent" in shown
    assert "Finding figures" in shown and "Captions: answers" in shown and "Deployed model" in shown
    assert "nova-pro" not in shown and "rekognition." not in shown


def test_quote_when_a_name_looks_like_markup_then_it_is_shown_whole(
    drawn: DrawnFilm, tmp_path: Path
) -> None:
    film = tmp_path / "[red] cut [x].mp4"
    film.write_bytes(drawn.path.read_bytes())
    done = CliRunner().invoke(main.app, ["quote", str(film)])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("[red] cut [x].mp4  ")


def test_quote_when_the_trainer_is_chosen_later_then_the_total_of_each_is_shown(
    drawn: DrawnFilm, tmp_path: Path
) -> None:
    def asked(*arguments: str) -> str:
        done = CliRunner().invoke(main.app, ["quote", str(drawn.path), *arguments])
        assert done.exit_code == 0, done.output
        return " ".join(done.output.split())

    path = tmp_path / "settings.yaml"
    path.write_text("training: {trainer: sagemaker}\n")
    named = json.loads(asked("--json", "--settings", str(path)))
    either = json.loads(asked("--json"))["total"]
    assert (either["trainer"], named["total"]["trainer"]) == ("bedrock", "sagemaker")
    assert "draw" in named and "deploy" not in named
    assert either["others"] == {"sagemaker": pytest.approx(named["total"]["usd"])}
    assert named["total"]["others"] == {}
    assert 0 < named["total"]["usd"] < 100 < either["usd"]
    sentence = "with sagemaker, which is chosen where bedrock cannot train: at most $"
    assert f"{sentence}{named['total']['usd']:,.2f}" in asked()


def test_quote_when_no_stack_is_there_then_its_limits_are_the_templates() -> None:
    parameters = read_template().body["Parameters"]
    assert float(parameters["DeploymentHours"]["Default"]) == quoting.DEPLOYMENT_HOURS
    assert float(parameters["ProvisionMinutes"]["Default"]) == quoting.PROVISION_MINUTES


@pytest.mark.parametrize(
    ("option", "what"), [("--settings", "settings"), ("--prices", "price book")]
)
def test_quote_when_a_named_file_does_not_exist_then_it_says_which(
    drawn: DrawnFilm, option: str, what: str
) -> None:
    done = CliRunner().invoke(main.app, ["quote", str(drawn.path), option, "missing.yaml"])
    assert done.exit_code == 3
    assert done.stderr == f"✗ There is no file of {what} at missing.yaml. Check the path.\n"


def test_quote_when_the_file_is_no_film_then_the_message_names_it(tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("no film")
    done = CliRunner().invoke(main.app, ["quote", str(text)])
    assert done.exit_code == 3
    assert done.stderr.startswith("✗ notes.mp4: this is not a film that can be read.")
