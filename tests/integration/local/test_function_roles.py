"""With each function's own role: what its policy allows is done, everything else is refused.

The end-to-end tests show that the roles suffice; this shows that they end where the template says.
"""

from __future__ import annotations

import fnmatch
import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from template_model import listed, read_template

from onmodel_local.deploy import STACK, deploy_template
from onmodel_local.mail import MailCatcher
from onmodel_local.pytest_plugin import Deployed
from onmodel_local.stack import REGION, LocalStack

ACCOUNT = "000000000000"
OURS = f"{REGION}:{ACCOUNT}"
DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}
MACHINES = ("PrepareFilm", "TrainModel", "DeployModel", "RetireModel", "DrawStoryboard")
TITAN = "amazon.titan-embed-image-v1"
NOVA = "amazon.nova-pro-v1:0"

Client = Callable[[str], Any]


@dataclass(frozen=True)
class Probe:
    """One call; mostly it asks for what does not exist."""

    action: str
    resource: str
    operation: str
    arguments: dict[str, Any] = field(repr=False)

    def refused(self, client: Client) -> bool:
        service, operation = self.operation.split(".")
        try:
            getattr(client(service), operation)(**self.arguments)
        except ClientError as fault:
            return fault.response["Error"]["Code"] in DENIED
        return False


def of_objects(outputs: dict[str, str]) -> Iterator[Probe]:
    uploads, studio = outputs["UploadsBucket"], outputs["StudioBucket"]
    for bucket, key in ((uploads, "p/films/f"), (studio, "p/films/f"), (studio, "p/datasets/d")):
        arn, place = f"arn:aws:s3:::{bucket}/{key}", {"Bucket": bucket, "Key": key}
        yield Probe("s3:GetObject", arn, "s3.get_object", place)
        yield Probe("s3:DeleteObject", arn, "s3.delete_object", place)
        if bucket == studio:  # root's would begin a run
            yield Probe("s3:PutObject", arn, "s3.put_object", {**place, "Body": b""})


def of_rows(outputs: dict[str, str]) -> Iterator[Probe]:
    for output, names in (("RegistryTable", ["production", "sk"]), ("CacheTable", ["key"])):
        table, key = {"TableName": outputs[output]}, {name: {"S": "nobody"} for name in names}
        never = {**table, "ConditionExpression": f"attribute_exists({names[0]})"}
        arn = f"arn:aws:dynamodb:{OURS}:table/{outputs[output]}"
        yield Probe("dynamodb:GetItem", arn, "dynamodb.get_item", {**table, "Key": key})
        yield Probe("dynamodb:PutItem", arn, "dynamodb.put_item", {**never, "Item": key})
        yield Probe("dynamodb:DeleteItem", arn, "dynamodb.delete_item", {**never, "Key": key})


def of_models() -> Iterator[Probe]:
    unit = f"arn:aws:bedrock:{OURS}:provisioned-model/nobodysmodel"
    job = f"arn:aws:bedrock:{OURS}:model-customization-job/{TITAN}/nobodysjob12"
    called = f"arn:aws:bedrock:{REGION}::foundation-model/{TITAN}"
    call = "bedrock-runtime.invoke_model"
    yield Probe("bedrock:InvokeModel", called, call, {"modelId": TITAN, "body": b"{}"})
    yield Probe("bedrock:InvokeModel", unit, call, {"modelId": unit, "body": b"{}"})
    yield Probe(
        "bedrock:DeleteProvisionedModelThroughput",
        unit,
        "bedrock.delete_provisioned_model_throughput",
        {"provisionedModelId": unit},
    )
    yield Probe(
        "bedrock:GetModelCustomizationJob",
        job,
        "bedrock.get_model_customization_job",
        {"jobIdentifier": job},
    )
    nova = f"arn:aws:bedrock:{REGION}::foundation-model/{NOVA}"
    question = {"modelId": NOVA, "messages": [{"role": "user", "content": [{"text": "who?"}]}]}
    yield Probe("bedrock:InvokeModel", nova, "bedrock-runtime.converse", question)
    picture = {"Image": {"Bytes": b"no picture"}}
    yield Probe("rekognition:DetectLabels", "*", "rekognition.detect_labels", picture)
    collection = {"CollectionId": f"{STACK}.nobody.1"}
    faces = f"arn:aws:rekognition:{OURS}:collection/{STACK}.nobody.1"
    yield Probe("rekognition:DeleteCollection", faces, "rekognition.delete_collection", collection)


def of_the_rest(outputs: dict[str, str], ids: dict[str, str]) -> Iterator[Probe]:
    for name in MACHINES:
        arn = outputs[f"{name}Arn"]
        order = {"stateMachineArn": arn, "name": "probe", "input": "{}"}  # one for all roles
        yield Probe("states:StartExecution", arn, "stepfunctions.start_execution", order)
    at = {"GroupName": outputs["ScheduleGroup"], "Name": "nobody"}
    schedule = f"arn:aws:scheduler:{OURS}:schedule/{at['GroupName']}/nobody"
    yield Probe("scheduler:GetSchedule", schedule, "scheduler.get_schedule", at)
    yield Probe("scheduler:DeleteSchedule", schedule, "scheduler.delete_schedule", at)
    secret, queue = ids["DoorKey"], ids["CaptionQueue"]
    yield Probe(
        "secretsmanager:GetSecretValue",
        secret,
        "secretsmanager.get_secret_value",
        {"SecretId": secret},
    )
    arn = f"arn:aws:sqs:{OURS}:{queue.rsplit('/', 1)[-1]}"
    yield Probe("sqs:ReceiveMessage", arn, "sqs.receive_message", {"QueueUrl": queue})
    loop = {"HumanLoopName": "onmodel-nobody-1"}
    arn = f"arn:aws:sagemaker:{OURS}:human-loop/onmodel-nobody-1"
    stop = "sagemaker-a2i-runtime.stop_human_loop"
    yield Probe("sagemaker:StopHumanLoop", arn, stop, loop)
    topic = outputs["TopicArn"]
    yield Probe("sns:Publish", topic, "sns.publish", {"TopicArn": topic, "Message": "of a role"})
    role = outputs["TrainingRoleArn"]
    yield Probe("iam:GetRole", role, "iam.get_role", {"RoleName": role.rsplit("/", 1)[-1]})
    user = f"arn:aws:iam::{ACCOUNT}:user/nobody"
    yield Probe("iam:DeleteUser", user, "iam.delete_user", {"UserName": "nobody"})
    function = {"FunctionName": ids["NotifyFunction"], "InvocationType": "DryRun"}
    arn = f"arn:aws:lambda:{OURS}:function:{ids['NotifyFunction']}"
    yield Probe("lambda:InvokeFunction", arn, "lambda.invoke", function)


@pytest.fixture(scope="module")
def probes(deployed: Deployed, ids: dict[str, str]) -> list[Probe]:
    outputs = deployed.outputs
    return [
        *of_objects(outputs),
        *of_rows(outputs),
        *of_models(),
        *of_the_rest(outputs, ids),
    ]


@dataclass(frozen=True)
class Role:
    """A function's role, as it was deployed."""

    name: str
    policies: list[dict[str, Any]]

    def allows(self, probe: Probe) -> bool:
        return any(
            statement["Effect"] == "Allow"
            and probe.action in listed(statement["Action"])
            and any(fnmatch.fnmatchcase(probe.resource, to) for to in listed(statement["Resource"]))
            for policy in self.policies
            for statement in listed(policy["Statement"])
        )


@pytest.fixture(scope="module")
def deployed(pytestconfig: pytest.Config) -> Iterator[Deployed]:
    """On a stack of its own: what is allowed leaves traces, which other tests would meet."""
    with LocalStack(vision_url="") as stack:
        outputs = deploy_template(stack, pytestconfig.rootpath / "template.yaml")
        yield Deployed(stack, outputs, MailCatcher(stack, outputs["TopicArn"]))


@pytest.fixture(scope="module")
def ids(deployed: Deployed) -> dict[str, str]:
    """Physical ids by logical ids."""
    found = deployed.stack.client("cloudformation").describe_stack_resources(StackName=STACK)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in found["StackResources"]
    }


def role_of(deployed: Deployed, function: str) -> Role:
    iam = deployed.stack.client("iam")
    configuration = deployed.stack.client("lambda").get_function_configuration(
        FunctionName=function
    )
    name = configuration["Role"].rsplit("/", 1)[-1]
    inline = iam.list_role_policies(RoleName=name)["PolicyNames"]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    documents = [
        *(
            iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in inline
        ),
        *(
            _managed(iam, policy["PolicyArn"])
            for policy in attached
            if f":{ACCOUNT}:" in policy["PolicyArn"]  # AWS's own allow logs and traces: not probed
        ),
    ]
    return Role(name, [_document(document) for document in documents])


def _managed(iam: Any, arn: str) -> Any:
    """The document of a managed policy, as it is in force."""
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found = iam.get_policy_version(PolicyArn=arn, VersionId=version)
    return found["PolicyVersion"]["Document"]


def _document(value: Any) -> dict[str, Any]:
    return json.loads(value) if isinstance(value, str) else value


class Caller:
    """Clients that have the rights of one role after another, as Lambda gives them to functions.

    They sign each call with the session's credentials of that moment, so that one of a service is
    enough: to make one takes longer than its calls.
    """

    def __init__(self, stack: LocalStack) -> None:
        self._stack = stack
        self._session = boto3.Session(
            aws_access_key_id="nobody", aws_secret_access_key="nobody", region_name=REGION
        )

    def take(self, role: Role) -> None:
        rights = self._stack.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{role.name}", RoleSessionName="proof"
        )["Credentials"]
        signing = self._session.get_credentials()
        assert signing is not None
        signing.access_key = rights["AccessKeyId"]
        signing.secret_key = rights["SecretAccessKey"]
        signing.token = rights["SessionToken"]

    @functools.cache  # noqa: B019 - one caller, as long as the module's tests
    def client(self, service: str) -> Any:
        return self._session.client(
            service,
            endpoint_url=self._stack.endpoint_url,
            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
        )


@pytest.fixture(scope="module")
def caller(deployed: Deployed) -> Caller:
    return Caller(deployed.stack)


@pytest.mark.parametrize("logical", sorted(read_template().functions))
def test_role_when_a_call_is_outside_then_it_is_refused_and_no_other(
    logical: str,
    deployed: Deployed,
    ids: dict[str, str],
    probes: list[Probe],
    caller: Caller,
) -> None:
    role = role_of(deployed, ids[logical])
    caller.take(role)
    refused = [probe for probe in probes if probe.refused(caller.client)]
    assert refused == [probe for probe in probes if not role.allows(probe)]
    assert len(refused) > len(probes) / 2, "a role is a small part of all rights"


def test_probes_when_root_calls_then_none_is_refused(
    deployed: Deployed, probes: list[Probe]
) -> None:
    """So a refusal above is the role's, not one of a call that is wrong."""
    assert [probe for probe in probes if probe.refused(deployed.stack.client)] == []


def test_probes_when_all_roles_are_read_then_each_but_two_is_allowed_to_somebody(
    deployed: Deployed, ids: dict[str, str], probes: list[Probe]
) -> None:
    """So a right above is a role's, not one that nobody has ever tried."""
    roles = [role_of(deployed, ids[logical]) for logical in read_template().functions]
    somebodys = {p.action for p in probes if any(role.allows(p) for role in roles)}
    assert {p.action for p in probes} - somebodys == {"iam:DeleteUser", "lambda:InvokeFunction"}
