"""Limits of new accounts and of the services, which no linter knows."""

from __future__ import annotations

from template_model import Machine, Template, listed, named

from onmodel.adapters.clients import CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS
from onmodel.datasets.captioning import MOST_ASKS
from onmodel.steps.claim_run import wait_seconds
from onmodel.steps.settle_generation import film_wait_seconds
from onmodel.trainers.sagemaker.limits import LONGEST_RUNTIME_SECONDS, PENDING_SECONDS
from onmodel.wiring import CAPTION_ATTEMPTS


def test_memory_when_asked_for_then_a_new_account_has_it(template: Template) -> None:
    for name, function in template.functions.items():
        assert 256 <= function["MemorySize"] <= 3008, name


def test_timeouts_when_read_then_within_lambdas(template: Template) -> None:
    for name, function in template.functions.items():
        assert 0 < function["Timeout"] <= 900, name


DAY = 24 * 3600


def test_machines_when_everything_takes_its_longest_then_end_by_themselves(
    template: Template, machines: dict[str, Machine]
) -> None:
    """Else one that waited for people is ended while a job draws that was approved and is paid."""
    by_days = template.body["Mappings"]["ApprovalDays"].values()
    answer = max(int(each["Seconds"]) for each in by_days)
    job = LONGEST_RUNTIME_SECONDS + PENDING_SECONDS
    film = machines["PrepareFilm"].definition["TimeoutSeconds"]
    longest = {"DrawStoryboard": answer + job, "TrainModel": film + 2 * answer}
    for name, seconds in longest.items():
        assert machines[name].definition["TimeoutSeconds"] >= seconds + DAY, name


def test_captions_when_every_call_times_out_then_their_function_ends_in_time(
    template: Template,
) -> None:
    """Else Lambda ends it, and the queue delivers captions again that were paid for."""
    source = template.of("AWS::Lambda::EventSourceMapping")["CaptionSource"]
    assert source["FunctionName"] == {"Ref": "CaptionCropFunction"}
    call = CAPTION_ATTEMPTS * (CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS)
    rest = 30  # pictures, cache and the answer to the machine
    timeout = template.functions["CaptionCropFunction"]["Timeout"]
    assert source["BatchSize"] * MOST_ASKS * call + rest <= timeout


def test_concurrency_when_read_then_none_is_reserved(template: Template) -> None:
    """Reserving any fails to deploy in an account with the small first quota."""
    assert "ReservedConcurrentExecutions" not in str(template.body)
    assert "ProvisionedConcurrencyConfig" not in str(template.body)
    default = template.body["Parameters"]["MapConcurrency"]["Default"]
    assert default <= 5  # of the 10 that a new account may have


def test_functions_when_configured_then_all_alike(template: Template) -> None:
    common = template.body["Globals"]["Function"]
    assert common["Runtime"] == "python3.13"
    assert common["Handler"] == "app.handler"
    assert common["Tracing"] == "Active"
    assert common["LoggingConfig"] == {
        "LogFormat": "JSON",
        "ApplicationLogLevel": {"Ref": "LogLevel"},  # unset, Lambda would drop what DEBUG asks for
    }
    assert common["Architectures"] == [{"Ref": "Architecture"}]
    assert template.body["Parameters"]["Architecture"]["Default"] == "arm64"
    assert common["Layers"] == [{"Ref": "CoreLayer"}]
    for name, function in template.functions.items():
        assert function.get("Layers", []) in ([], [{"Ref": "VisionLayer"}]), name


def test_endpoint_when_on_aws_then_is_empty(template: Template) -> None:
    """`sam local --env-vars` sets only variables that the template declares."""
    common = template.body["Globals"]["Function"]["Environment"]["Variables"]
    assert common["AWS_ENDPOINT_URL"] == {"Ref": "EndpointUrl"}
    assert template.body["Parameters"]["EndpointUrl"]["Default"] == ""


def test_rule_targets_when_delivery_fails_then_retry_and_keep_the_event(template: Template) -> None:
    policies = template.of("AWS::SQS::QueuePolicy").values()
    for name, rule in template.of("AWS::Events::Rule").items():
        for target in rule["Targets"]:
            least = 900 if "ScheduleExpression" in rule else 3600  # the next one makes up for it
            assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] >= least, name
            assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0, name
            (queue,) = named(target["DeadLetterConfig"]["Arn"])
            assert any(
                statement["Effect"] == "Allow"
                and statement["Principal"] == {"Service": "events.amazonaws.com"}
                and statement["Action"] == "sqs:SendMessage"
                and name in named(statement["Condition"])  # aws:SourceArn
                for policy in policies
                if policy["Queues"] == [{"Ref": queue}]
                for statement in policy["PolicyDocument"]["Statement"]
            ), f"{name}: EventBridge may not write to {queue}"


def test_rule_targets_when_functions_then_may_be_called_by_that_rule_alone(
    template: Template,
) -> None:
    permissions = template.of("AWS::Lambda::Permission").values()
    for name, rule in template.of("AWS::Events::Rule").items():
        for target in rule["Targets"]:
            (called,) = named(target["Arn"])
            if called not in template.functions:
                continue
            assert any(
                permission["FunctionName"] == {"Ref": called}
                and permission["Principal"] == "events.amazonaws.com"
                and permission["SourceArn"] == {"Fn::GetAtt": [name, "Arn"]}
                for permission in permissions
            ), f"{name} may not call {called}"


def test_functions_when_called_asynchronously_then_keep_what_failed(template: Template) -> None:
    """EventBridge counts an event as delivered once Lambda has queued it."""
    for rule in template.of("AWS::Events::Rule").values():
        for target in rule["Targets"]:
            for called in named(target["Arn"]) & set(template.functions):
                config = template.functions[called]["EventInvokeConfig"]
                failure = config["DestinationConfig"]["OnFailure"]
                assert failure["Type"] == "SQS", called
                assert named(failure["Destination"]) <= set(template.of("AWS::SQS::Queue"))


def test_permissions_when_given_then_to_one_source(template: Template) -> None:
    for name, permission in template.of("AWS::Lambda::Permission").items():
        assert "SourceArn" in permission, name


def test_upload_rule_when_read_then_listens_to_our_bucket_only(template: Template) -> None:
    assert template.of("AWS::Events::Rule")["UploadRule"]["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [{"Ref": "UploadsBucket"}]}},
    }


def test_deleted_settings_rule_when_read_then_lets_in_settings_of_our_bucket_only(
    template: Template,
) -> None:
    rules = template.of("AWS::Events::Rule")
    assert rules["DeletedSettingsRule"]["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Deleted"],
        "detail": {
            "bucket": {"name": [{"Ref": "UploadsBucket"}]},
            "object": {"key": ["settings.yaml", {"suffix": "/settings.yaml"}]},
        },
    }
    assert rules["DeletedSettingsRule"]["Targets"] == rules["UploadRule"]["Targets"]


def test_parameters_when_read_then_are_described_and_have_safe_defaults(template: Template) -> None:
    for name, parameter in template.body["Parameters"].items():
        assert parameter["Description"].strip(), name
        assert "Default" in parameter, f"{name}: a first deployment asks for nothing"


def test_outputs_when_read_then_say_where_things_are(template: Template) -> None:
    outputs = template.body["Outputs"]
    assert {
        "UploadsBucket",
        "StudioBucket",
        "RegistryTable",
        "CacheTable",
        "TopicArn",
        "PrepareFilmArn",
    } <= set(outputs)
    for name, output in outputs.items():
        assert output["Description"].strip(), name
        assert set(listed(list(named(output["Value"])))) <= set(template.resources) | {
            "AWS::Region",
            "AWS::URLSuffix",
        }


HISTORY_EVENTS = 25_000  # of one execution; Step Functions fails it beyond
DAY_SECONDS = 86_400  # a film or a deployment lives no longer


def test_polling_when_it_takes_a_day_then_fits_into_the_history(
    template: Template, machines: dict[str, Machine]
) -> None:
    """A fifth of the events is left for retries and mails."""
    least = template.body["Parameters"]["PollSeconds"]["MinValue"]
    polling = {"Fn::If": ["OnAws", {"Ref": "PollSeconds"}, "1"]}
    common = template.body["Globals"]["Function"]["Environment"]["Variables"]
    assert common["POLL_SECONDS"] == polling  # settle_generation answers it to its Wait state
    polls = {name for name, machine in machines.items() if "Wait" in types(machine)}
    waiting_for_a_trainer = {"TrainModel", "DeployModel", "RetireModel", "DrawStoryboard"}
    assert polls == waiting_for_a_trainer | {"PrepareFilm"}
    for name in waiting_for_a_trainer:
        assert machines[name].substitutions.get("PollSeconds", polling) == polling
        states = machines[name].definition["States"]
        for wait in (state for state in states if states[state]["Type"] == "Wait"):
            rounds = DAY_SECONDS / least
            assert rounds * events_of_a_round(states, wait) <= 0.8 * HISTORY_EVENTS, name


def test_waiting_for_a_place_when_it_takes_all_the_time_then_fits_into_the_history(
    template: Template, machines: dict[str, Machine]
) -> None:
    """A film that comes next all that time asks most often; half of the events is left for it."""
    least = template.body["Parameters"]["PollSeconds"]["MinValue"]
    machine = machines["PrepareFilm"].definition
    rounds, waited = 0, 0
    while waited < machine["TimeoutSeconds"]:
        waited += wait_seconds(least, turns=0, waited_seconds=waited)
        rounds += 1
    events = events_of_a_round(machine["States"], "WaitForPlace")
    assert rounds * events <= 0.6 * HISTORY_EVENTS


def test_waiting_for_films_when_it_takes_a_week_then_fits_into_the_history(
    template: Template, machines: dict[str, Machine]
) -> None:
    """A new account prepares 1,000 hours of film in four days."""
    least = template.body["Parameters"]["PollSeconds"]["MinValue"]
    rounds, waited = 0, 0
    while waited < machines["PrepareFilm"].definition["TimeoutSeconds"]:
        waited += film_wait_seconds(least, waited)
        rounds += 1
    states = machines["TrainModel"].definition["States"]
    assert rounds * events_of_a_round(states, "WaitForQuiet") <= 0.6 * HISTORY_EVENTS


def types(machine: Machine) -> set[str]:
    return {state["Type"] for _, state in machine.states()}


def events_of_a_round(states: dict, wait: str) -> int:
    """From a Wait back to itself by the shortest way: entered and left, and three of a task."""
    ways = [(2, states[wait]["Next"])]
    while ways:
        events, name = min(ways)
        if name == wait:
            return events
        ways.remove((events, name))
        state = states[name]
        events += 5 if state["Type"] == "Task" else 2
        after = [state.get("Next"), state.get("Default")]
        after += [choice["Next"] for choice in state.get("Choices", [])]
        ways += [(events, following) for following in after if following]
    raise AssertionError(f"nothing leads back to {wait}")
