"""Settings of the simulated services: durations, rates, quotas and model states."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class SimulationSettings:
    """Durations in seconds, far shorter than on AWS, and what the services answer."""

    training_seconds: float = 6.0
    """A training on Bedrock, or a scripted one on SageMaker: hours on AWS."""
    throughput_seconds: float = 3.0
    """From Creating to InService: about 30 minutes on AWS."""
    stopping_seconds: float = 0.5
    """From Stopping to Stopped on Bedrock, and from Deleting to gone on SageMaker."""
    detector_start_seconds: float = 3.0
    """From STARTING to RUNNING of a Custom Labels model: 10 to 20 minutes on AWS."""
    human_loop_seconds: float = 2.0
    """From InProgress to Completed of a human loop of A2I: as long as people take on AWS."""
    idle_seconds: float = 30.0
    """How long a stack that stays up keeps a process without a call, of a function or of the
    stand-ins: minutes on AWS.
    """
    rate_scale: float = 1.0
    """Factor on the period of rate() rules; with 1/60, 15 minutes become 15 seconds."""
    canvas_status: str = "ACTIVE"
    """Lifecycle status of Nova Canvas in GetFoundationModel: ACTIVE, LEGACY or GONE (not found).

    AWS ended the model on 2026-09-30. The simulation answers ACTIVE, and its mails, pictures and
    reports state that they are simulated.
    """
    throughput_quota: float = 1.0
    """Value of L-BE77399C; 0 by default on AWS."""
    training_program: str = "scripted"
    """What a SageMaker job runs: "scripted" writes the files of a training without torch; "trainer"
    runs trainer/train.py and draw.py by `trainer_python`.
    """
    trainer_python: str = ""
    """Interpreter of an environment with torch, such as .venv-trainer/bin/python."""
    weights_folder: str = ""
    """Weights on this machine that jobs read instead of those in the bucket."""
    most_jobs: int = 2
    """SageMaker jobs with a process at a time; the others wait in Starting."""
    job_start_seconds: float = 0.3
    """From Starting to Downloading: minutes on AWS."""
    pending_seconds: float = 1.0
    """How long a SageMaker job waits for capacity: MaxPendingTimeInSeconds on AWS."""
    pending_ends: str = "Failed"
    """How that wait ends: "Failed" with a CapacityError, or "Stopped". AWS names both."""
    kill_seconds: float = 10.0
    """From SIGTERM to SIGKILL of a SageMaker job: 120 on AWS."""
    job_time_scale: float = 60.0
    """Seconds in BillableTimeInSeconds for a second in which a SageMaker job really ran."""
    training_quota: float = 1.0
    """Value of "<instance type> for training job usage", of each type; often 0 on AWS."""
    absent_job_error: str = "ValidationException"
    """Error code for a SageMaker job that does not exist. AWS's model says ResourceNotFound, its
    callers report ValidationException.
    """
