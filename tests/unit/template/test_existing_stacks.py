"""An update keeps what a stack holds: CloudFormation replaces a resource whose logical id changes.

A replaced bucket, table or queue is empty; a replaced secret or API makes every link of a mail that
was sent before invalid; a role that a schedule, a training job or a running execution names must
exist when it acts. The lists are those of the first stacks: never change them, add to them.
"""

from __future__ import annotations

from typing import Any

import pytest
from template_model import Template, read_template

KEPT = {
    "UploadsBucket": "AWS::S3::Bucket",
    "UploadsBucketPolicy": "AWS::S3::BucketPolicy",
    "StudioBucket": "AWS::S3::Bucket",
    "StudioBucketPolicy": "AWS::S3::BucketPolicy",
    "RegistryTable": "AWS::DynamoDB::Table",
    "CacheTable": "AWS::DynamoDB::Table",
    "Topic": "AWS::SNS::Topic",
    "EmailSubscription": "AWS::SNS::Subscription",  # else the address confirms again
    "UploadDeadLetters": "AWS::SQS::Queue",
    "EventDeadLetters": "AWS::SQS::Queue",
    "CaptionQueue": "AWS::SQS::Queue",
    "UploadRetries": "AWS::SQS::Queue",
    "CaptionDeadLetters": "AWS::SQS::Queue",
    "Door": "AWS::ApiGatewayV2::Api",
    "DoorKey": "AWS::SecretsManager::Secret",
    "ScheduleGroup": "AWS::Scheduler::ScheduleGroup",
    "PrepareFilm": "AWS::Serverless::StateMachine",
    "TrainModel": "AWS::Serverless::StateMachine",
    "DeployModel": "AWS::Serverless::StateMachine",
    "RetireModel": "AWS::Serverless::StateMachine",
    "DrawStoryboard": "AWS::Serverless::StateMachine",
    # a running execution keeps the role that it was started with
    "PrepareFilmRole": "AWS::IAM::Role",
    "TrainModelRole": "AWS::IAM::Role",
    "DeployModelRole": "AWS::IAM::Role",
    "RetireModelRole": "AWS::IAM::Role",
    "DrawStoryboardRole": "AWS::IAM::Role",
    "SchedulerRole": "AWS::IAM::Role",  # named by every schedule of a retirement
    "TrainingRole": "AWS::IAM::Role",  # named by a training job for hours
}

# properties whose change replaces the resource, or makes a secret anew
REPLACING = {
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::DynamoDB::Table": ("TableName", "KeySchema"),
    "AWS::SNS::Topic": ("TopicName", "FifoTopic"),
    "AWS::SNS::Subscription": ("TopicArn", "Protocol", "Endpoint"),
    "AWS::SQS::Queue": ("QueueName", "FifoQueue"),
    "AWS::ApiGatewayV2::Api": ("ProtocolType",),
    "AWS::SecretsManager::Secret": ("Name", "GenerateSecretString"),
    "AWS::Scheduler::ScheduleGroup": ("Name",),
    "AWS::Serverless::StateMachine": ("Name", "Type"),
    "AWS::IAM::Role": ("RoleName", "Path"),
}

VALUES: dict[str, dict[str, Any]] = {
    "RegistryTable": {
        "KeySchema": [
            {"AttributeName": "production", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ]
    },
    "CacheTable": {"KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}]},
    "EmailSubscription": {
        "TopicArn": {"Ref": "Topic"},
        "Protocol": "email",
        "Endpoint": {"Ref": "NotificationEmail"},
    },
    "Door": {"ProtocolType": "HTTP"},
    "DoorKey": {"GenerateSecretString": {"PasswordLength": 64, "ExcludePunctuation": True}},
    "ScheduleGroup": {"Name": {"Ref": "AWS::StackName"}},
    "PrepareFilm": {"Name": {"Fn::Sub": "${AWS::StackName}-PrepareFilm"}},
    "TrainModel": {"Name": {"Fn::Sub": "${AWS::StackName}-TrainModel"}},
    "DeployModel": {"Name": {"Fn::Sub": "${AWS::StackName}-DeployModel"}},
    "RetireModel": {"Name": {"Fn::Sub": "${AWS::StackName}-RetireModel"}},
    "DrawStoryboard": {"Name": {"Fn::Sub": "${AWS::StackName}-DrawStoryboard"}},
}

# types that hold data, or that something outside the stack names
STATEFUL = set(REPLACING) - {"AWS::IAM::Role"}


@pytest.fixture(scope="module")
def template() -> Template:
    return read_template()


@pytest.mark.parametrize("name", KEPT)
def test_stateful_resource_when_the_stack_is_updated_then_it_is_not_replaced(
    template: Template, name: str
) -> None:
    resource = template.resources[name]
    assert resource["Type"] == KEPT[name]
    given = resource.get("Properties", {})
    replacing = {key: given[key] for key in REPLACING.get(KEPT[name], ()) if key in given}
    assert replacing == VALUES.get(name, {})


def test_stateful_resources_when_one_is_added_then_it_is_listed_here(template: Template) -> None:
    stateful = {
        name for name, resource in template.resources.items() if resource["Type"] in STATEFUL
    }
    assert stateful <= set(KEPT)
