"""The template as AWS gets it: SAM's translation, every reference filled in, every name a full one.

What neither the linters nor the rules over references see stands in plain text here: lengths,
ARNs that must be equal, and whose ARN it is.
"""

from __future__ import annotations

import copy
import functools
import re
from typing import Any

import boto3
import yaml
from template_model import ROOT, Template, listed, snake

from onmodel.trainers.ownership import STACK_LIMIT
from onmodel_local.packaging import package

PARTITION, REGION, ACCOUNT = "aws", "us-east-1", "123456789012"
STACK = "onmodel-" + "x" * (STACK_LIMIT - len("onmodel-"))  # as long as preflight allows
SUFFIX = "ABCDEF012345"  # CloudFormation's own, behind what has no name of ours
NOTHING = {"Ref": "AWS::NoValue"}
PSEUDO = {
    "AWS::Partition": PARTITION,
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": STACK,
    "AWS::URLSuffix": "amazonaws.com",
}


def arn(service: str, resource: str) -> str:
    return f"arn:{PARTITION}:{service}:{REGION}:{ACCOUNT}:{resource}"


@functools.cache
def _translated() -> dict[str, Any]:
    # two seconds, which every process that collects tests would take
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    made = package(ROOT / "template.yaml", "artifacts").template
    session = boto3.Session(region_name=REGION)
    return Translator({}, Parser(), boto_session=session).translate(made, {})


def expand() -> Template:
    """As CloudFormation's SAM transform does, with nothing asked of AWS."""
    return Template(copy.deepcopy(_translated()))


class Deployed(Template):
    """The expanded template with every reference filled in; what a condition excludes is gone."""

    def __init__(self, **parameters: str) -> None:
        expanded = expand().body
        self._parameters = {
            name: str(parameters.get(name, parameter["Default"]))
            for name, parameter in expanded["Parameters"].items()
        }
        self._expanded = expanded
        self._conditions = {
            name: self._fill(condition) for name, condition in expanded["Conditions"].items()
        }
        resources = {
            name: {**resource, "Properties": self._fill(resource.get("Properties", {}))}
            for name, resource in expanded["Resources"].items()
            if self._conditions.get(resource.get("Condition"), True)
        }
        super().__init__({"Resources": resources, "Outputs": self._fill(expanded["Outputs"])})

    def __hash__(self) -> int:
        return id(self)

    def ref(self, name: str) -> str:
        return self._of(name)["Ref"]

    def arn(self, name: str) -> str:
        answers = self._of(name)
        return answers.get("Arn", answers["Ref"])

    def attribute(self, name: str, attribute: str) -> str:
        return self._of(name)[attribute]

    def parameter(self, name: str) -> str:
        return self._parameters[name]

    def rights(self, role: str) -> set[tuple[str, str]]:
        """(action, resource) of all that a role may."""
        return {
            (action, resource)
            for document in self.documents(role)
            for statement in document["Statement"]
            for action in listed(statement["Action"])
            for resource in listed(statement["Resource"])
        }

    def documents(self, role: str) -> list[dict[str, Any]]:
        """Of a role's inline policies and of the stack's own managed policies attached to it."""
        properties = self.of("AWS::IAM::Role")[role]
        managed = {
            self.ref(name): policy["PolicyDocument"]
            for name, policy in self.of("AWS::IAM::ManagedPolicy").items()
        }
        attached = [arn for arn in properties.get("ManagedPolicyArns", []) if arn in managed]
        return [
            *(policy["PolicyDocument"] for policy in properties.get("Policies", [])),
            *(managed[arn] for arn in attached),
        ]

    def definition(self, machine: str) -> dict[str, Any]:
        """What Step Functions gets: substituted as text, parsed afterwards."""
        text = (ROOT / "statemachine" / f"{snake(machine)}.asl.yaml").read_text()
        substitutions = self.of("AWS::StepFunctions::StateMachine")[machine][
            "DefinitionSubstitutions"
        ]
        filled = re.sub(r"\$\{(\w+)\}", lambda match: str(substitutions[match[1]]), text)
        return yaml.load(filled, Loader=yaml.CSafeLoader)

    def _fill(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(self._fill, value) if item != NOTHING]
        if not isinstance(value, dict) or value == NOTHING:
            return value
        if len(value) == 1:
            ((key, inner),) = value.items()
            if key in {"Ref", "Condition"} or key.startswith("Fn::"):
                return self._call(key.removeprefix("Fn::"), inner)
        filled = {key: self._fill(inner) for key, inner in value.items()}
        return {key: inner for key, inner in filled.items() if inner != NOTHING}

    def _call(self, function: str, inner: Any) -> Any:
        match function:
            case "Ref":
                found = self._named(inner)
            case "GetAtt":
                found = self._named(".".join(inner) if isinstance(inner, list) else inner)
            case "Sub":
                found = re.sub(r"\$\{([^!}]+)\}", lambda match: self._named(match[1]), inner)
            case "Condition" if isinstance(inner, str):
                found = self._conditions[inner]
            case "Condition":  # of a policy's statement
                found = {"Condition": self._fill(inner)}
            case "If":
                condition, then, otherwise = inner
                found = self._fill(then if self._conditions[condition] else otherwise)
            case "Equals":
                found = self._fill(inner[0]) == self._fill(inner[1])
            case "Not":
                found = not self._fill(inner[0])
            case "FindInMap":
                table, row, column = map(self._fill, inner)
                found = self._expanded["Mappings"][table][row][column]
            case _:
                raise NotImplementedError(function)
        return found

    def _named(self, name: str) -> str:
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self._parameters:
            return self._parameters[name]
        logical, _, attribute = name.partition(".")
        return self._of(logical)[attribute or "Ref"]

    def _of(self, name: str) -> dict[str, str]:
        """What a resource answers to Ref and GetAtt."""
        resource = self._expanded["Resources"][name]
        given = resource.get("Properties", {})
        own = f"{STACK}-{name}-{SUFFIX}"
        match resource["Type"]:
            case "AWS::Lambda::Function":
                own = self._fill(given["FunctionName"])
                found = {"Arn": arn("lambda", f"function:{own}")}
            case "AWS::StepFunctions::StateMachine":
                own = arn("states", f"stateMachine:{self._fill(given['StateMachineName'])}")
                found = {"Arn": own}
            case "AWS::S3::Bucket":
                own = own.lower()[:63]
                found = {"Arn": f"arn:{PARTITION}:s3:::{own}"}
            case "AWS::DynamoDB::Table":
                found = {"Arn": arn("dynamodb", f"table/{own}")}
            case "AWS::SQS::Queue":
                found = {"Arn": arn("sqs", own), "QueueName": own}
                own = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{own}"
            case "AWS::Logs::LogGroup":
                own = self._fill(given["LogGroupName"])
                found = {"Arn": arn("logs", f"log-group:{own}:*")}
            case "AWS::IAM::Role":
                own = own[:64]
                found = {"Arn": f"arn:{PARTITION}:iam::{ACCOUNT}:role/{own}"}
            case "AWS::IAM::ManagedPolicy":
                own, found = f"arn:{PARTITION}:iam::{ACCOUNT}:policy/{own[:128]}", {}
            case "AWS::Events::Rule":
                own = own[:64]
                found = {"Arn": arn("events", f"rule/{own}")}
            case "AWS::Scheduler::ScheduleGroup":
                own = self._fill(given["Name"])
                found = {"Arn": arn("scheduler", f"schedule-group/{own}")}
            case "AWS::ApiGatewayV2::Api":
                own = "a1b2c3d4e5"
                found = {"ApiEndpoint": f"https://{own}.execute-api.{REGION}.amazonaws.com"}
            case "AWS::SNS::Topic":
                own, found = arn("sns", own), {"TopicName": own}
            case "AWS::SecretsManager::Secret":
                own, found = arn("secretsmanager", f"secret:{own}-AbCdEf"), {}
            case "AWS::Lambda::LayerVersion":
                own, found = arn("lambda", f"layer:{name}:1"), {}
            case _:
                found = {}
        return {"Ref": own, **found}
