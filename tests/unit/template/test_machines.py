"""What neither cfn-lint nor `sam validate` sees in a state machine."""

from __future__ import annotations

import inspect
import json
import re

import pytest
from pydantic import BaseModel
from template_model import PLACEHOLDER, ROOT, Machine, Template, request_model, snake

from onmodel import errors
from onmodel.contracts.deployments import DeploymentRef, DeployRequest
from onmodel.contracts.storyboards import StoryboardRequest
from onmodel.contracts.trainings import RequestApprovalRequest
from onmodel.notifications.catalogue import CATALOGUE

DIALECT = (  # Lambda, sqs, sns, events, dynamodb and states: nothing else is in a machine
    r"<\w+Function>|arn:aws:states:::(lambda:invoke\.waitForTaskToken"
    r"|sqs:sendMessage(\.waitForTaskToken)?|sns:publish|events:putEvents|dynamodb:\w+"
    r"|states:startExecution(\.sync:2)?)"
)
SERVICE_ERRORS = {
    "States.ALL",
    "States.Timeout",
    "States.ExceedToleratedFailureThreshold",
    "States.TaskFailed",
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.Unknown",
    "Runtime.ExitError",
    "Sandbox.Timedout",
    "SQS.AmazonSQSException",
    "SQS.SdkClientException",
    "StepFunctions.ExecutionAlreadyExistsException",
}
PATIENTLY = {
    "IntervalSeconds": 2,
    "MaxDelaySeconds": 120,
    "MaxAttempts": 16,
    "JitterStrategy": "FULL",
}
HEALS = [
    "ServiceUnavailable",
    "Conflict",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
]
CROWDED = "Lambda.TooManyRequestsException"
TRIES_FOR_A_PLACE = {"RetireModel": 300, "PrepareFilm": 240}  # elsewhere 60
"""Money runs while RetireModel waits; many films wait for one account's functions and calls."""
DEATHS = ["Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout"]
DIED = {"ErrorEquals": [*DEATHS, "States.Timeout"], "MaxAttempts": 1}
# Of a state that waits for a person, States.Timeout is the end of the person's time.
# An earlier attempt started it, and its answer was lost: caught, and taken for success.
DRAWN_OR_LATE = {
    "ErrorEquals": ["StepFunctions.ExecutionAlreadyExistsException", "States.Timeout"],
    "MaxAttempts": 0,
}
"""A drawing that is waited for: after one that failed its name is taken, so that nothing is drawn
twice; a start that is repeated while it runs waits for the same one."""

NAME_TAKEN = {"ErrorEquals": ["StepFunctions.ExecutionAlreadyExistsException"], "MaxAttempts": 0}
DIED_ASKING = {"ErrorEquals": DEATHS, "MaxAttempts": 1}
# Calls without a choice: what fails there is the service.
CALL_FAILED = {"ErrorEquals": ["States.ALL"], **PATIENTLY}
# Of a picture, States.Timeout and what caption_crop answers are final.
QUEUE_FAILED = {"ErrorEquals": ["SQS.AmazonSQSException", "SQS.SdkClientException"], **PATIENTLY}
# States after which nothing is left to undo: their failure fails the execution and its alarm.
UNCAUGHT = {
    "PublishFilmPrepared",
    "RefuseFilm",
    "RetireAfterDrawing",  # the schedule retires it as well
    "RetireFailedDeployment",  # the schedule, and reconcile
}
# A film has no hole; captions may be filtered, and have one when asked again; every panel that can
# be drawn is.
TOLERATED = {"SampleChunks": 0, "CaptionCrops": 5, "CaptionCropsAgain": 100, "DrawPanels": 100}
# States that call a function for another purpose than their own name says.
BORROWED = {"RequestReview": "RequestApprovalFunction"}


def every_machine() -> list[str]:
    return sorted(path.name.removesuffix(".asl.yaml") for path in ROOT.glob("statemachine/*.yaml"))


@pytest.fixture(params=every_machine())
def machine(request: pytest.FixtureRequest, machines: dict[str, Machine]) -> Machine:
    for machine in machines.values():
        if machine.properties["DefinitionUri"] == f"statemachine/{request.param}.asl.yaml":
            return machine
    raise AssertionError(f"statemachine/{request.param}.asl.yaml belongs to no machine")


def test_substitutions_when_compared_with_placeholders_then_both_sides_agree(
    machine: Machine,
) -> None:
    assert set(machine.substitutions) == set(PLACEHOLDER.findall(machine.text))


def targets(state: dict) -> set[str]:
    found = {state[key] for key in ("Next", "Default") if key in state}
    return found | {rule["Next"] for rule in state.get("Choices", []) + state.get("Catch", [])}


def test_next_when_followed_then_exists_and_every_state_is_reached(machine: Machine) -> None:
    for start, states in machine.levels():
        reached, pending = set(), {start}
        while pending:
            name = pending.pop()
            assert name in states, f"{machine.name}: {name} does not exist"
            reached.add(name)
            pending |= targets(states[name]) - reached
        assert reached == set(states)


def test_states_when_they_do_not_end_then_go_on(machine: Machine) -> None:
    for name, state in machine.states():
        if state["Type"] in {"Succeed", "Fail"}:
            assert not targets(state), name
        elif state["Type"] == "Choice":
            assert state["Choices"], name
            assert "Default" in state, (
                f"{name}: an unforeseen value would be a States.NoChoiceMatched"
            )
        else:
            assert ("Next" in state) != state.get("End", False), name


def test_tasks_when_they_call_then_speak_the_small_dialect(machine: Machine) -> None:
    assert "QueryLanguage" not in machine.definition
    for name, state in machine.states():
        assert state["Type"] in {
            "Task",
            "Map",
            "Choice",
            "Wait",
            "Succeed",
            "Fail",
            "Pass",
        }, name
        if state["Type"] == "Task":
            assert re.fullmatch(DIALECT, state["Resource"]), f"{name}: {state['Resource']}"


def test_function_tasks_when_named_then_after_their_function(machine: Machine) -> None:
    for name, state in machine.states():
        function = machine.function_of(state)
        if function == "NotifyFunction":
            assert name.startswith("Notify"), name
        elif function and BORROWED.get(name) != function:
            step = function.removesuffix("Function")
            assert name in {step, f"{step}Again"}, f"{name} calls {function}"


def test_function_tasks_when_timed_then_outlast_their_function(
    machine: Machine, template: Template
) -> None:
    """Else the machine gives up on a function that still works, and starts it beside itself."""
    for name, state in machine.states():
        function = machine.function_of(state)
        if function and not state["Resource"].endswith("waitForTaskToken"):
            assert state["TimeoutSeconds"] > template.functions[function]["Timeout"], name


def test_tasks_when_they_wait_then_not_for_ever(machine: Machine) -> None:
    """Step Functions waits a year for a token that nobody answers."""
    for name, state in machine.states():
        if state["Type"] == "Task":
            bounded = {"TimeoutSeconds", "TimeoutSecondsPath"} & set(state)
            assert bounded, name
    assert machine.definition["TimeoutSeconds"] > 0


def waits(machine: Machine) -> list[dict]:
    """How a state waits for functions that are free, and for services that answer again.

    A new account runs ten functions at once, and all films and retirements share them. Films share
    the paid calls of a second too: PrepareFilm waits as long for those.
    """
    crowded, heals = [CROWDED], ["Throttled", *HEALS]
    if machine.name == "PrepareFilm":
        crowded, heals = [CROWDED, "Throttled"], HEALS
    tries = TRIES_FOR_A_PLACE.get(machine.name, 60)
    return [
        {"ErrorEquals": crowded, **PATIENTLY, "MaxAttempts": tries},
        {"ErrorEquals": heals, **PATIENTLY},
    ]


def retries(machine: Machine, state: dict) -> list[dict] | None:
    """The only Retry that a state may have; None for a state that has none."""
    resource = state.get("Resource", "")
    if machine.function_of(state):
        asks = resource.endswith("waitForTaskToken")
        return [*waits(machine), DIED_ASKING if asks else DIED]
    if ":sqs:" in resource:
        return [QUEUE_FAILED]
    if resource.endswith("startExecution.sync:2"):
        return [DRAWN_OR_LATE, CALL_FAILED]
    if state["Type"] != "Task":
        return None
    named = "Name.$" in state.get("Parameters", {})
    return [NAME_TAKEN, CALL_FAILED] if named else [CALL_FAILED]


def test_retries_when_read_then_each_kind_of_state_has_its_one_rule(machine: Machine) -> None:
    """Maps have none: their children have."""
    for name, state in machine.states():
        assert state.get("Retry") == retries(machine, state), f"{machine.name}: {name}"


def test_waits_for_people_when_their_time_is_over_then_caught(machine: Machine) -> None:
    for name, state in machine.states():
        if machine.function_of(state) and state["Resource"].endswith("waitForTaskToken"):
            assert state["Catch"][0]["ErrorEquals"] == ["States.Timeout"], name


def test_error_names_when_caught_or_retried_then_exist(machine: Machine) -> None:
    ours = {name for name, _ in inspect.getmembers(errors, inspect.isclass)}
    for name, state in machine.states():
        for rule in state.get("Retry", []) + state.get("Catch", []):
            for error in rule["ErrorEquals"]:
                assert error in ours | SERVICE_ERRORS, f"{name}: {error}"
        for rule in state.get("Retry", []):
            assert rule.get("BackoffRate", 2) >= 1, f"{name}: AWS refuses less"


def test_tasks_when_they_fail_then_something_is_done_about_it(machine: Machine) -> None:
    _, outermost = next(machine.levels())
    for name, state in outermost.items():
        if name in UNCAUGHT or name.startswith("Notify"):  # nothing is left to undo
            assert state["Retry"], name
        elif state["Type"] in {"Task", "Map"}:
            caught = [error for rule in state.get("Catch", []) for error in rule["ErrorEquals"]]
            assert caught[-1:] == ["States.ALL"], f"{machine.name}: {name}"


def test_catchers_when_they_catch_then_keep_the_input(machine: Machine) -> None:
    """Without ResultPath the error replaces `$`, and the way out knows no longer whose it is."""
    for name, state in machine.states():
        for rule in state.get("Catch", []):
            assert rule["ResultPath"].startswith("$."), name


def test_payloads_when_compared_with_the_request_then_fit(machine: Machine) -> None:
    for name, state in machine.states():
        function = machine.function_of(state)
        parameters = state.get("Parameters")
        if not function or parameters is None:
            continue  # a Map's child gets the ItemSelector
        payload = parameters.get("Payload", parameters)
        fits(name, model_of(function), payload)


def test_item_selectors_when_compared_with_the_childs_request_then_fit(machine: Machine) -> None:
    for name, state in machine.states():
        if state["Type"] == "Map":
            processor = state["ItemProcessor"]
            child = processor["States"][processor["StartAt"]]
            function = machine.function_of(child)
            if function and "Parameters" not in child:
                fits(name, model_of(function), state["ItemSelector"])


def fits(place: str, model: type[BaseModel], payload: dict) -> None:
    """Every field that is required is given, and none that is unknown, at any depth."""
    given = {key.removesuffix(".$") for key in payload}
    known = set(model.model_fields)
    required = {field for field, info in model.model_fields.items() if info.is_required()}
    assert required <= given, f"{place}: {sorted(required - given)} of {model.__name__} is missing"
    assert given <= known, f"{place}: {model.__name__} has no {sorted(given - known)}"
    for field, value in payload.items():
        inner = model.model_fields[field.removesuffix(".$")].annotation
        if isinstance(value, dict) and inspect.isclass(inner) and issubclass(inner, BaseModel):
            fits(f"{place}.{field}", inner, value)


def test_questions_when_asked_then_their_literals_fit(machine: Machine) -> None:
    """A purpose that the contract refuses would fail every execution that comes there."""
    sample = {
        "purpose": "training", "production": "bunny", "subject_id": "d0001-0a1b2c3d", "usd": 1.0,
        "token": "t", "execution_arn": "arn", "correlation_id": "c",
    }  # fmt: skip
    for _, state in machine.states():
        if machine.function_of(state) == "RequestApprovalFunction":
            payload = state["Parameters"]["Payload"]
            given = {key: value for key, value in payload.items() if not key.endswith(".$")}
            RequestApprovalRequest.model_validate(sample | given)


def test_training_when_captions_alone_were_quoted_then_is_not_started(
    machines: dict[str, Machine],
) -> None:
    """What becomes possible while captions are made, nobody was asked about."""
    states = machines["TrainModel"].definition["States"]
    first, *_ = states["IsTrainingPossible"]["Choices"]
    assert (first["Variable"], first["StringEquals"]) == ("$.quote.purpose", "captions")
    assert first["Next"] == "NotifyDatasetReady"


def model_of(function: str) -> type[BaseModel]:
    return request_model(snake(function.removesuffix("Function")))


def test_mails_when_asked_for_then_are_known(machine: Machine) -> None:
    for name, state in machine.states():
        if machine.function_of(state) == "NotifyFunction":
            assert state["Parameters"]["notification"]["kind"] in CATALOGUE, name


def test_machines_when_they_start_another_then_with_its_own_input(
    machine: Machine,
) -> None:
    inputs = {
        "<RetireModelArn>": ("deployment", DeploymentRef),
        "<DeployModelArn>": ("request", DeployRequest),
        "<DrawStoryboardArn>": ("request", StoryboardRequest),
    }
    for name, state in machine.states():
        if "states:startExecution" in state.get("Resource", ""):
            key, model = inputs[state["Parameters"]["StateMachineArn"]]
            fits(name, model, state["Parameters"]["Input"][key])


def test_storyboard_when_handed_on_then_with_its_version(machines: dict[str, Machine]) -> None:
    """Else the newest is drawn, which nobody approved."""
    handed_on = [
        json.dumps(state["Parameters"]["Input"])
        for machine in machines.values()
        for _, state in machine.states()
        if "storyboard_key" in json.dumps(state.get("Parameters", {}).get("Input", ""))
    ]
    assert len(handed_on) == 3
    assert all('"storyboard_version.$"' in text for text in handed_on)


def test_maps_when_distributed_then_children_are_standard_and_fail_the_map(
    machine: Machine,
) -> None:
    for name, state in machine.states():
        if state["Type"] == "Map":
            assert state["ItemProcessor"]["ProcessorConfig"] == {
                "Mode": "DISTRIBUTED",
                "ExecutionType": "STANDARD",
            }, name
            assert isinstance(state["MaxConcurrency"], int), name
            assert state["ToleratedFailurePercentage"] == TOLERATED[name], name
            assert state["ItemReader"]["ReaderConfig"] == {"InputType": "JSONL"}, name
            assert state["ResultPath"] is None, name
            assert len(name) <= 40, "a longer name needs a Label"


def test_mails_when_they_are_an_outcome_then_recorded_for_their_execution(machine: Machine) -> None:
    """Else reconcile takes the execution for one that ended in silence, and sends another mail."""
    if machine.name == "RetireModel":
        return  # reconcile starts it again until the deployment no longer exists
    for name, state in machine.states():
        if machine.function_of(state) == "NotifyFunction":
            assert state["Parameters"]["execution_arn.$"] == "$$.Execution.Id", name
