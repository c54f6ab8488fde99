"""Does what the event asks, as a function's role."""

import json
import logging
import os
import signal

import boto3


class FilmRefused(Exception):
    pass


class Throttled(Exception):
    pass


ERRORS = {"FilmRefused": FilmRefused, "Throttled": Throttled}
CALLS: dict[str, int] = {}


def handler(event, context):
    logging.getLogger().warning("asked for %s", event.get("ask"))
    CALLS["seen"] = CALLS.get("seen", 0) + 1
    if event.get("raise") in ERRORS and CALLS["seen"] <= event.get("until", 99):
        raise ERRORS[event["raise"]](f"as asked, {CALLS['seen']}")
    if event.get("ask") == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if event.get("ask") == "echo":
        return event
    if event.get("ask") == "converse":
        boto3.client("bedrock-runtime").converse(**event["request"])
    if event.get("ask") == "invoke_model":
        request = event["request"] | {"body": json.dumps(event["request"]["body"])}
        boto3.client("bedrock-runtime").invoke_model(**request)
    if event.get("ask") == "detect_faces":
        boto3.client("rekognition").detect_faces(Image={"Bytes": b"x"})
    return {"seen": CALLS["seen"], "pid": os.getpid(), "items": [1, 2, 3]}
