"""Answers CloudFormation; refuses the first deletion, and what its properties say."""

import json
import urllib.request

DELETIONS = []


def handler(event, context):
    refused = event["ResourceProperties"].get("Refuse") == event["RequestType"]
    status = "FAILED" if refused else "SUCCESS"
    if event["RequestType"] == "Delete":
        DELETIONS.append(event["RequestId"])
        status = "FAILED" if len(DELETIONS) == 1 else "SUCCESS"
    answer = {
        "Status": status,
        "Reason": "something still bills",
        "PhysicalResourceId": "guard",
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    request = urllib.request.Request(
        event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT"
    )
    urllib.request.urlopen(request)
