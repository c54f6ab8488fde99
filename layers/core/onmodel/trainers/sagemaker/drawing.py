"""A drawing as a job: storyboard.json of each arm, and the pictures that the job has made."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath

from onmodel.contracts.drawings import (
    TUNED,
    Arm,
    DrawingSpec,
    DrawingState,
    JobPicture,
    WantedPicture,
    arm_of_step,
    needs_model,
    step_of_arm,
)
from onmodel.contracts.sagemaker import JobKind, SageMakerDrawingOptions
from onmodel.contracts.trainings import TrainingStatus
from onmodel.errors import NotFound, TrainingImpossible
from onmodel.ports.storage import ObjectStore
from onmodel.trainers.sagemaker import billing, limits
from onmodel.trainers.sagemaker.jobs import STATUSES, JobSpec, SageMakerJobs, reason_of, usage_of

KIND: JobKind = "drawing"
ADAPTER_FOLDER = "/opt/ml/input/data/adapter"
READS_AT_ONCE = 8
"""Threads: botocore keeps ten connections."""


class Drawings:
    """The drawings of one stack."""

    def __init__(self, jobs: SageMakerJobs, store: ObjectStore) -> None:
        self._jobs = jobs
        self._store = store

    def start(self, spec: DrawingSpec, files: Mapping[str, str]) -> str:
        """Write each arm's storyboard and its references, and start the job.

        Args:
            spec: the drawing.
            files: S3 URIs of the channels that every job has.
        """
        storyboards = f"{spec.folder}job/storyboard/"
        contents = hashlib.sha256()
        for arm in spec.arms:
            contents.update(self._write(f"{storyboards}{arm}/", arm, spec))
        counts: Counter[Arm] = Counter(picture.arm for picture in spec.pictures)
        longest = billing.longest_drawing_seconds(counts, spec.options)
        channels = {**files, "storyboard": self._uri(storyboards)}
        program = ["draw.py", "--deadline-seconds", str(longest - limits.FINISHING_SECONDS)]
        if any(map(needs_model, spec.arms)):
            channels["adapter"] = _model(spec)
            program += ["--adapter", ADAPTER_FOLDER]
        options = SageMakerDrawingOptions.model_validate(spec.options)
        return self._jobs.start(
            JobSpec(
                kind=KIND,
                production=spec.production,
                id_=spec.drawing_id,
                program=tuple(program),
                channels=channels,
                folder=self._uri(f"{spec.folder}job/"),
                checkpoints=self._uri(f"{spec.folder}job/checkpoints/"),
                instances=tuple(options.instances.split(",")),
                longest_seconds=longest,
                contents=contents.hexdigest(),
            )
        )

    def find(self, production: str, drawing_id: str) -> str | None:
        return self._jobs.find(KIND, production, drawing_id)

    def describe(self, drawing_ref: str) -> DrawingState:
        found = self._jobs.describe(drawing_ref)
        if found is None:
            return DrawingState(drawing_ref=drawing_ref, status=TrainingStatus.GONE)
        return DrawingState(
            drawing_ref=drawing_ref,
            status=STATUSES[found["TrainingJobStatus"]],
            name=found["TrainingJobName"],
            reason=reason_of(found),
            usage=usage_of(found),
            created_at=found["CreationTime"],
            ended_at=found.get("TrainingEndTime"),
        )

    def stop(self, drawing_ref: str) -> None:
        self._jobs.stop(drawing_ref)

    def pictures(self, spec: DrawingSpec) -> tuple[JobPicture, ...]:
        with ThreadPoolExecutor(READS_AT_ONCE) as pool:
            found = list(pool.map(lambda picture: self._picture(spec, picture), spec.pictures))
        return tuple(picture for picture in found if picture is not None)

    def _picture(self, spec: DrawingSpec, picture: WantedPicture) -> JobPicture | None:
        """draw.py writes the JSON of a picture after the picture."""
        place = f"{spec.folder}job/checkpoints/{picture.arm}/{picture.id}"
        try:
            told = json.loads(self._store.get(f"{place}.json"))
        except (NotFound, ValueError):  # not drawn yet; or the copy to S3 was cut off
            return None
        if "error" in told:
            return JobPicture(id=picture.id, notice=str(told["error"]))
        return JobPicture(id=picture.id, key=f"{place}.png", notice=told.get("notice") or None)

    def _write(self, folder: str, arm: Arm, spec: DrawingSpec) -> bytes:
        """Write storyboard.json, with the references beside it; returns what was written."""
        options = SageMakerDrawingOptions.model_validate(spec.options)
        pictures = [picture for picture in spec.pictures if picture.arm == arm]
        copies = {key: PurePosixPath(key).name for one in pictures for key in one.references}
        for key, name in copies.items():
            self._store.put(f"{folder}{name}", self._store.get(key), "image/jpeg")
        step = spec.checkpoint if arm == TUNED else step_of_arm(arm)
        storyboard = {
            "arm": TUNED if needs_model(arm) else arm,
            **(
                {}
                if step is None
                else {"checkpoint": f"checkpoints/{arm_of_step(step)}.safetensors"}
            ),
            "steps": options.steps,
            "guidance": options.guidance,
            "panels": [
                {
                    "id": one.id,
                    "prompt": one.text,
                    "seed": one.seed,
                    "width": one.width,
                    "height": one.height,
                    "references": [copies[key] for key in one.references],
                }
                for one in pictures
            ],
        }
        content = json.dumps(storyboard, indent=1, ensure_ascii=False).encode()
        self._store.put(f"{folder}storyboard.json", content, "application/json")
        return content

    def _uri(self, key: str) -> str:
        return f"s3://{self._store.bucket}/{key}"


def _model(spec: DrawingSpec) -> str:
    if spec.model_ref is None:
        raise TrainingImpossible(
            f"{spec.drawing_id} is to be drawn with a model, and none was made",
            "Draw it with `arms: [references]`, which needs none",
        )
    return spec.model_ref
