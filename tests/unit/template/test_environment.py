"""Each function starts with what the template gives it, and names what is missing."""

from __future__ import annotations

import ast
import typing
from collections.abc import Callable

import pytest
from functions import FOR_LIBRARIES, STEPS, load_function, variables_of_the_template
from template_model import Template, handler_source

from onmodel import wiring
from onmodel.contracts.finders import FinderKind, FinderSettings
from onmodel.contracts.namers import NamerKind, NamingSettings
from onmodel.contracts.sampling_settings import EmbeddingSettings
from onmodel.contracts.settings import CaptionSettings
from onmodel.environment import Aws, Environment, VariableGroup
from onmodel.errors import EnvironmentIncomplete
from onmodel.money.usage import UsageMeter
from onmodel.ports.namer import NamingTask
from onmodel.wiring import Services

SECTIONS = {
    section.__name__: section
    for section in VariableGroup.__subclasses__()
    if section.__module__ == VariableGroup.__module__  # the command line has groups of its own
}
ANSWERS = {"guard_deletion"}  # CloudFormation waits for its answer: it starts with any environment


class SomeKey:
    def __init__(self, _client: object) -> None: ...

    def get(self, _arn: str) -> str:
        return "a key of tests"


def every_finder(services: Services) -> object:
    kinds = typing.get_args(FinderKind)
    made = services.finder(UsageMeter(), services.retry(60), 5)
    return made(FinderSettings(kind=kinds))


def every_namer(services: Services) -> object:
    task = NamingTask(
        production="bunny",
        naming=NamingSettings(kind=typing.get_args(NamerKind)),
        embedding=EmbeddingSettings(),
        references=(),
        figure=lambda _: b"",
        notice=lambda _: None,
    )
    return services.namer(UsageMeter(), services.retry(60))(task)


LATER: dict[str, Callable[[Services], object]] = {  # made with the settings of a request
    "finder": every_finder,
    "namer": every_namer,
    "embedder": lambda services: services.embedder(EmbeddingSettings(), UsageMeter()),
    "trainers": lambda services: list(services.trainers.values()),
    "image_model": lambda services: services.image_model("bedrock"),
    "question_model": lambda services: services.question_model(UsageMeter(), services.retry(60)),
    "caption_model": lambda services: services.caption_model(CaptionSettings()),
}


def variables_of(*sections: type[VariableGroup]) -> set[str]:
    return {str(field.alias) for section in sections for field in section.model_fields.values()}


def declared_by(step: str) -> set[type[VariableGroup]]:
    """The sections in the handler's `services(…)`."""
    (call,) = (
        node
        for node in ast.walk(handler_source(step))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "services"
    )
    return {SECTIONS[ast.unparse(argument)] for argument in call.args}


def used_by(
    step: str, services: Services, monkeypatch: pytest.MonkeyPatch
) -> set[type[VariableGroup]]:
    """The sections that are read when all that the handler takes from `wired` is made."""
    read: set[type[VariableGroup]] = set()
    original = Environment.read
    monkeypatch.setattr(
        Environment,
        "read",
        lambda self, section: (read.add(section), original(self, section))[1],
    )
    for node in ast.walk(handler_source(step)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "wired.environment.read":
            read.add(SECTIONS[ast.unparse(node.args[0])])
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "wired":
            getattr(services, node.attr)
            LATER.get(node.attr, lambda _: None)(services)
    return read


@pytest.fixture(autouse=True)
def _nothing_is_asked_of_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setattr(wiring, "SecretsManagerSecrets", SomeKey)


@pytest.mark.parametrize("step", STEPS)
def test_function_when_the_template_sets_its_variables_then_all_its_services_are_made_of_them(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = Services(Environment(variables_of_the_template()))
    assert used_by(step, services, monkeypatch) - {Aws} == declared_by(step)


@pytest.mark.parametrize("step", STEPS)
def test_function_when_a_variable_is_missing_or_empty_then_does_not_start_and_names_it(
    step: str,
) -> None:
    given = variables_of_the_template()
    needed = variables_of(Aws, *declared_by(step)) - {"AWS_ENDPOINT_URL"}
    assert needed <= given.keys()
    load_function(step, {name: given[name] for name in needed})  # and nothing else
    if step in ANSWERS:
        return
    for name in needed:
        without = {other: value for other, value in given.items() if other != name}
        for broken in (without, without | {name: ""}):
            with pytest.raises(EnvironmentIncomplete, match=rf"^{name} is not set"):
                load_function(step, broken)


def test_guard_when_a_variable_is_missing_then_answers_that_it_failed_and_raises(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    guard = load_function("guard_deletion")
    for name, value in variables_of_the_template().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("STUDIO_BUCKET")
    answered: list[str] = []
    monkeypatch.setattr(
        guard, "answer_custom_resource", lambda *_event, status, **_named: answered.append(status)
    )
    with pytest.raises(EnvironmentIncomplete, match=r"^STUDIO_BUCKET is not set"):
        guard.handler.__wrapped__(object())
    assert answered == ["FAILED"]


def test_template_when_it_sets_variables_then_all_are_read_and_every_function_gets_the_same(
    template: Template,
) -> None:
    known = variables_of(*SECTIONS.values()) - {"AWS_REGION"}  # Lambda's own
    common = template.body["Globals"]["Function"]["Environment"]["Variables"]
    assert {name for name in common if not name.startswith(FOR_LIBRARIES)} == known
    for name, function in template.functions.items():
        assert "Environment" not in function, name


def test_sections_when_defined_then_only_the_local_stacks_endpoint_has_a_default() -> None:
    fields = [field for section in SECTIONS.values() for field in section.model_fields.values()]
    assert [field.alias for field in fields if not field.is_required()] == ["AWS_ENDPOINT_URL"]
