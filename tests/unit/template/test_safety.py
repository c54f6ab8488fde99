"""What keeps money safe: alarms, the schedule, the queue of captions, the links, the guard."""

from __future__ import annotations

import json

from template_model import ROOT, Machine, Template, named

from onmodel.datasets.human_loops import PREFIX


def alarms(template: Template) -> list[dict]:
    found = list(template.of("AWS::CloudWatch::Alarm").values())
    for alarm in found:
        assert alarm["AlarmActions"] == [{"Ref": "Topic"}]
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["AlarmDescription"].strip()
    return found


def watched(template: Template, namespace: str, metric: str) -> set[str]:
    return {
        name
        for alarm in alarms(template)
        if (alarm["Namespace"], alarm["MetricName"]) == (namespace, metric)
        for name in named(alarm["Dimensions"])
    }


def test_machines_when_they_fail_or_hang_then_somebody_hears(
    template: Template, machines: dict[str, Machine]
) -> None:
    assert watched(template, "AWS/States", "ExecutionsFailed") == set(machines)
    assert watched(template, "AWS/States", "ExecutionsTimedOut") == set(machines)


def test_dead_letters_when_there_are_any_then_somebody_hears(template: Template) -> None:
    queues = {name for name in template.of("AWS::SQS::Queue") if name.endswith("DeadLetters")}
    assert watched(template, "AWS/SQS", "ApproximateNumberOfMessagesVisible") == queues


TOLD_OTHERWISE = {
    ("DeployModel", "NotifyModelReady"): "RetireFailedDeployment",  # and its mail, or failure
    ("RetireModel", "NotifyStillBilling"): "WaitUntilGone",  # OverdueDeploymentAlarm
}
"""States that send a mail and go on without it."""


def test_mails_when_they_cannot_be_sent_then_the_machine_fails(
    machines: dict[str, Machine],
) -> None:
    """An execution that fails is an alarm; no machine goes on as if its mail had been sent."""
    sending = {
        (machine.name, name): [rule["Next"] for rule in state.get("Catch", [])]
        for machine in machines.values()
        for name, state in machine.states()
        if machine.function_of(state) == "NotifyFunction"
    }
    assert len(sending) > 20
    catching = {at: caught for at, caught in sending.items() if caught}
    assert {at: caught for at, (caught,) in catching.items()} == TOLD_OTHERWISE


def test_functions_when_their_mails_cannot_be_sent_then_somebody_hears(
    template: Template,
) -> None:
    """Those that publish: of a machine, with a queue that has an alarm, or with an own alarm."""
    publishing = {name for name in template.functions if "sns:Publish" in template.allowed(name)}
    of_machines = {"NotifyFunction", "RequestApprovalFunction"}
    assert publishing - of_machines == {"RouteUploadFunction", "ReconcileFunction"}
    for name in publishing - of_machines:
        assert dead_letters_of(name, template) in watched(
            template, "AWS/SQS", "ApproximateNumberOfMessagesVisible"
        ), name


def dead_letters_of(function: str, template: Template) -> str:
    """The queue in which events end that a function failed for."""
    invoked = template.functions[function]["EventInvokeConfig"]
    (queue,) = named(invoked["DestinationConfig"]["OnFailure"]["Destination"])
    redrive = template.of("AWS::SQS::Queue")[queue].get("RedrivePolicy")
    if redrive:
        (queue,) = named(redrive["deadLetterTargetArn"])
    return queue


def test_mails_when_sns_cannot_deliver_them_then_an_alarm(template: Template) -> None:
    """The console shows it, and the other addresses of the topic get it."""
    assert watched(template, "AWS/SNS", "NumberOfNotificationsFailed") == {"Topic"}


def test_uploads_and_films_when_their_function_fails_three_times_then_in_a_watched_queue(
    template: Template,
) -> None:
    """EventBridge calls asynchronously, so Lambda itself tries again and gives up."""
    watched_queues = watched(template, "AWS/SQS", "ApproximateNumberOfMessagesVisible")
    targets = {
        name
        for rule in template.of("AWS::Events::Rule").values()
        for target in rule["Targets"]
        for name in named(target["Arn"])
        if name in template.functions
    }
    assert targets == {
        "RouteUploadFunction",
        "CollectFilmFunction",
        "ReadHumanLoopFunction",
        "ReconcileFunction",
    }
    for name in targets:
        invoked = template.functions[name]["EventInvokeConfig"]
        assert invoked["MaximumRetryAttempts"] == 2
        assert dead_letters_of(name, template) in watched_queues


def test_uploads_when_they_fail_three_times_then_tried_for_a_day_and_each_is_told(
    template: Template,
) -> None:
    queue = template.of("AWS::SQS::Queue")["UploadRetries"]
    function = template.functions["RouteUploadFunction"]
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
    assert queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"] == 24 * 3600
    source = template.of("AWS::Lambda::EventSourceMapping")["UploadRetrySource"]
    assert (named(source["EventSourceArn"]), source["BatchSize"]) == ({"UploadRetries"}, 1)
    assert named(source["FunctionName"]) == {"RouteUploadFunction"}
    assert watched(template, "AWS/SQS", "NumberOfMessagesSent") == {"UploadRetries"}


def test_reconcile_when_it_cannot_look_then_somebody_hears(template: Template) -> None:
    assert watched(template, "AWS/Lambda", "Errors") == {"ReconcileFunction"}


def test_overdue_deployments_when_verified_then_are_counted(template: Template) -> None:
    """The handler logs its answer; `alarm` is true once for each hour beyond the end."""
    counted = template.of("AWS::Logs::MetricFilter")["OverdueDeployments"]
    assert counted["LogGroupName"] == {"Ref": "VerifyRetiredLogs"}
    assert counted["FilterPattern"] == "{ $.answer.alarm IS TRUE }"
    (metric,) = counted["MetricTransformations"]
    assert any(
        alarm["Namespace"] == metric["MetricNamespace"]
        and alarm["MetricName"] == metric["MetricName"]
        for alarm in alarms(template)
    )
    levels = template.body["Parameters"]["LogLevel"]["AllowedValues"]
    assert set(levels) <= {"DEBUG", "INFO"}, "above INFO the answer is not logged"


def test_reconcile_when_scheduled_then_every_quarter_of_an_hour(template: Template) -> None:
    rule = template.of("AWS::Events::Rule")["ReconcileRule"]
    assert rule["ScheduleExpression"] == "rate(15 minutes)"


def test_film_events_when_published_then_only_this_stacks_rule_takes_them(
    template: Template, machines: dict[str, Machine]
) -> None:
    pattern = template.of("AWS::Events::Rule")["FilmPreparedRule"]["EventPattern"]
    prepare = machines["PrepareFilm"]
    (entry,) = prepare.definition["States"]["PublishFilmPrepared"]["Parameters"]["Entries"]
    assert pattern["source"] == [entry["Source"]]
    assert pattern["detail-type"] == [entry["DetailType"]]
    assert pattern["resources"] == [{"Ref": "PrepareFilm"}]
    assert entry["Resources"] == ["<PrepareFilmArn>"]
    arn = prepare.substitutions["PrepareFilmArn"]["Fn::Sub"]
    assert arn.endswith(":stateMachine:${AWS::StackName}-PrepareFilm")


def test_job_events_when_they_come_then_by_our_prefix_and_as_a_request(template: Template) -> None:
    """Every customization job of the account reaches the rule."""
    rule = template.of("AWS::Events::Rule")["TrainingEndedRule"]
    assert rule["EventPattern"] == {
        "source": ["aws.bedrock"],
        "detail-type": ["Model Customization Job State Change"],
        "detail": {"jobName": [{"prefix": {"Fn::Sub": "${AWS::StackName}-"}}]},
    }
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Ref": "DeployModel"}
    assert target["RoleArn"] == {"Fn::GetAtt": ["TrainingEndedRole", "Arn"]}
    transformer = target["InputTransformer"]
    assert transformer["InputPathsMap"] == {"job": "$.detail.jobArn"}
    assert transformer["InputTemplate"] == '{"request": {"job_arn": "<job>"}}'
    (start,) = template.allowed("TrainingEndedRole")["states:StartExecution"]
    assert start["Resource"] == {"Ref": "DeployModel"}


def test_human_loop_events_when_they_come_then_of_the_stacks_flow_definition_and_our_names(
    template: Template,
) -> None:
    rule = template.of("AWS::Events::Rule")["HumanLoopEndedRule"]["EventPattern"]
    event = json.loads((ROOT / "events" / "read_human_loop" / "completed.json").read_text())
    assert rule["source"] == [event["source"]]
    assert rule["detail-type"] == [event["detail-type"]]
    (flow,) = rule["detail"]["flowDefinitionArn"]
    assert flow["Fn::Sub"].endswith(":flow-definition/${FlowDefinition}")
    (name,) = rule["detail"]["humanLoopName"]
    assert event["detail"]["humanLoopName"].startswith(name["prefix"])
    assert name["prefix"] == PREFIX


def test_job_events_of_sagemaker_when_they_come_then_of_trainings_by_our_prefix_that_ended(
    template: Template,
) -> None:
    """Every training job of the account reaches the rule, drawing jobs of ours too."""
    rule = template.of("AWS::Events::Rule")["JobEndedRule"]
    assert rule["EventPattern"] == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Training Job State Change"],
        "detail": {
            "TrainingJobName": [{"prefix": {"Fn::Sub": "${AWS::StackName}-train-"}}],
            "TrainingJobStatus": ["Completed", "Failed", "Stopped"],
        },
    }
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Ref": "DeployModel"}
    transformer = target["InputTransformer"]
    assert transformer["InputPathsMap"] == {"job": "$.detail.TrainingJobArn"}
    assert transformer["InputTemplate"] == '{"request": {"job_arn": "<job>"}}'


def test_nothing_when_it_bills_then_before_its_end_is_scheduled(
    machines: dict[str, Machine],
) -> None:
    """Every way to ProvisionModel leads through ScheduleRetirement; every failure retires."""
    states = machines["DeployModel"].definition["States"]
    before = {
        name
        for name, state in states.items()
        if "ProvisionModel"
        in [state.get("Next"), *(rule["Next"] for rule in state.get("Catch", []))]
    }
    assert before == {"ScheduleRetirement"}
    assert states["ScheduleRetirement"]["Next"] == "ProvisionModel"
    for name in ("ProvisionModel", "CheckDeployment"):
        assert states[name]["Catch"][-1]["Next"] == "RetireFailedDeployment", name
    assert states["IsInService"]["Default"] == "NotInService"
    assert states["NotInService"]["Next"] == "RetireFailedDeployment"


def test_caption_queue_when_read_then_within_what_lambda_asks_for(template: Template) -> None:
    queue = template.of("AWS::SQS::Queue")["CaptionQueue"]
    function = template.functions["CaptionCropFunction"]
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5
    source = template.of("AWS::Lambda::EventSourceMapping")["CaptionSource"]
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["ScalingConfig"]["MaximumConcurrency"] >= 2
    needed = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    assert needed <= set(template.allowed("CaptionCropFunction"))


def test_captions_when_waited_for_then_not_longer_than_messages_live(
    template: Template, machines: dict[str, Machine]
) -> None:
    queue = template.of("AWS::SQS::Queue")["CaptionQueue"]
    crops = machines["TrainModel"].definition["States"]["CaptionCrops"]
    child = crops["ItemProcessor"]["States"]["CaptionCrop"]
    assert child["TimeoutSeconds"] == 6 * 3600
    assert queue["MessageRetentionPeriod"] >= child["TimeoutSeconds"]


def test_link_when_open_then_throttled_and_its_keys_are_not_logged(template: Template) -> None:
    stage = template.of("AWS::ApiGatewayV2::Stage")["DoorStage"]
    assert 0 < stage["DefaultRouteSettings"]["ThrottlingRateLimit"] <= 50
    assert 0 < stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] <= 100
    logged = stage["AccessLogSettings"]["Format"]
    assert "path" not in logged.lower()
    routes = {route["RouteKey"] for route in template.of("AWS::ApiGatewayV2::Route").values()}
    paths = ("/{proxy+}", "/review/{proxy+}")
    both = {f"{method} {path}" for method in ("GET", "POST") for path in paths}
    assert routes == both | {"GET /home/{proxy+}"}, "a home page decides nothing"
    for integration in template.of("AWS::ApiGatewayV2::Integration").values():
        assert integration["PayloadFormatVersion"] == "2.0"
    for name in ("FollowLinkFunction", "ReviewCropsFunction", "ShowHomeFunction"):
        assert template.functions[name]["Timeout"] < 30, "HTTP APIs give up after 30 s"


def test_guard_when_the_stack_goes_then_goes_first(template: Template) -> None:
    """CloudFormation deletes what depends on others before them."""
    guard = template.resources["DeletionGuard"]
    everything = {
        name
        for name, resource in template.resources.items()
        if "Condition" not in resource  # DependsOn knows no conditions
        and resource["Type"] != "AWS::Serverless::LayerVersion"  # the functions need them
    }
    own = {"DeletionGuard", "GuardDeletionFunction"}  # the ServiceToken depends on its function
    assert set(guard["DependsOn"]) == everything - own
    assert len(guard["DependsOn"]) == len(set(guard["DependsOn"]))
    function = template.functions["GuardDeletionFunction"]
    assert guard["Properties"]["ServiceTimeout"] >= function["Timeout"] == 900
    assert "bedrock:DeleteProvisionedModelThroughput" in template.allowed("GuardDeletionFunction")
    conditional = {
        name: {"Fn::If": [resource["Condition"], {"Ref": name}, {"Ref": "AWS::NoValue"}]}
        for name, resource in template.resources.items()
        if "Condition" in resource
    }
    assert set(conditional) == {"EmailSubscription"}  # tells when the guard refuses
    assert guard["Properties"]["Mails"] == conditional["EmailSubscription"]


def test_guard_when_the_stack_goes_then_may_end_what_runs_of_every_machine(
    template: Template, machines: dict[str, Machine]
) -> None:
    """A machine whose execution waits stays, and its name with it."""
    own = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}"
    allowed = template.allowed("GuardDeletionFunction")
    for action, kind, end in (
        ("states:ListExecutions", "stateMachine", ""),
        ("states:StopExecution", "execution", ":*"),
    ):
        (statement,) = allowed[action]
        assert statement["Resource"] == [
            {"Fn::Sub": f"{own}:{kind}:${{AWS::StackName}}-{name}{end}"} for name in machines
        ]


def test_commitments_when_throughput_is_bought_then_by_deploying_alone(template: Template) -> None:
    buyers = {
        name
        for name in template.functions
        if "bedrock:CreateProvisionedModelThroughput" in template.allowed(name)
    }
    assert buyers == {"ProvisionModelFunction"}
