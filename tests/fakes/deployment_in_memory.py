"""A trained production in memory: what the machines that deploy, retire and draw stand on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from fakes.account import InMemoryModels
from fakes.clock import START, FixedClock
from fakes.detectors import InMemoryDetectors
from fakes.executions import InMemoryExecutions
from fakes.human_loops import InMemoryHumanLoops
from fakes.mailbox import InMemoryMailbox, mails_of
from fakes.object_store import InMemoryObjectStore
from fakes.registry import InMemoryRegistry
from fakes.scheduler import InMemoryScheduler
from fakes.task_tokens import InMemoryTaskTokens
from fakes.trainer import InMemoryTrainer, Only

from onmodel.contracts.deployments import (
    Claim,
    ClaimedTraining,
    ClaimTrainingRequest,
    DeploymentRef,
    DeploymentRequest,
    DeployRequest,
    RetireRequest,
    ScheduleRetirementRequest,
)
from onmodel.contracts.notifications import NotificationRequest, NotifyRequest
from onmodel.contracts.operations import Reconciled
from onmodel.contracts.rows import TrainingBody, TrainingStage
from onmodel.contracts.settings import AllowedModels
from onmodel.contracts.trainings import CostPart, TrainingSpec
from onmodel.films.called_models import called_models
from onmodel.links.tokens import SignedLinks
from onmodel.money.pricebook import PriceBook
from onmodel.ports.machines import Executions
from onmodel.registry.kinds import DEPLOYMENTS, TRAININGS, DeploymentRow, TrainingRow
from onmodel.steps.bill_deployment import bill_deployment
from onmodel.steps.check_deployment import check_deployment
from onmodel.steps.claim_training import ClaimTraining
from onmodel.steps.decisions import Deciding, Decisions
from onmodel.steps.empty_uploads import EmptyUploads
from onmodel.steps.ended_drawings import EndedDrawings
from onmodel.steps.ended_human_loops import EndedHumanLoops, OpenHumanLoops
from onmodel.steps.ended_requests import EndedRequests
from onmodel.steps.film_digests import FilmDigests
from onmodel.steps.notify import notify
from onmodel.steps.outcome_mails import OutcomeMails
from onmodel.steps.provision_model import provision_model
from onmodel.steps.reconcile import Reconcile
from onmodel.steps.recovery import Recovery
from onmodel.steps.rounds import Rounds
from onmodel.steps.schedule_retirement import schedule_retirement
from onmodel.steps.stop_deployment import stop_deployment
from onmodel.steps.unknown_deployments import UnknownDeployments
from onmodel.steps.upload_mails import UploadMails
from onmodel.steps.verify_retired import verify_retired
from onmodel.steps.watch_models import WatchedModels
from onmodel.trainers.bedrock.rules import BedrockRules
from onmodel.trainers.catalogue import common_limits

MACHINES = "arn:aws:states:us-east-1:123456789012:stateMachine:"
RETIRE = f"{MACHINES}RetireModel"
DEPLOY = f"{MACHINES}DeployModel"
TRAIN = f"{MACHINES}TrainModel"
DRAW = f"{MACHINES}DrawStoryboard"
PREPARE = f"{MACHINES}PrepareFilm"
TRAINING = "d0001-0a1b2c3d"
PROVISION_MINUTES = 90.0

PRICES = PriceBook.load(
    b"prices: {memory.unit-hour: 60.5, memory.model-month: 1.95, memory.training-image: 0.005,"
    b" rekognition.detect-labels: 0, bedrock.amazon.titan-embed-image-v1: 0}"
)


SPEND_LIMIT_USD = 100.0

AGREED = (
    CostPart(name="training", usd=21.95, usual_usd=21.95, is_unsure=True),
    CostPart(name="deployment", usd=242.0, usual_usd=181.5),
)
"""What a person approved before the training: its deployment too, for two hours."""


class DeploymentInMemory:
    """The services, one training under way, and each step called with them."""

    def __init__(self, trainer: InMemoryTrainer | None = None) -> None:
        self.clock = FixedClock()
        self.registry = InMemoryRegistry()
        self.uploads = InMemoryObjectStore("uploads", self.clock)
        self.studio = InMemoryObjectStore("studio", self.clock)
        self.executions: Executions = InMemoryExecutions(self.clock)
        self.mailbox = InMemoryMailbox()
        self.foundation_models = InMemoryModels()
        self.detectors = InMemoryDetectors(self.clock)
        self.trainer = trainer or InMemoryTrainer(self.clock)
        self.scheduler = InMemoryScheduler(self.clock)
        self.tokens = InMemoryTaskTokens()
        self.links = SignedLinks("https://door.invalid", "a key of tests", self.clock)
        self.prices = PRICES
        self.job = self.begin_training()

    def begin_training(self, training: str = TRAINING, production: str = "bunny") -> str:
        spec = TrainingSpec(
            production=production,
            dataset_id=TRAINING,
            training_id=training,
            manifest_uri=f"s3://studio/{production}/datasets/{TRAINING}/manifest.jsonl",
            output_uri=f"s3://studio/{production}/trainings/{training}/",
            hyperparameters=BedrockRules.presets["default"],
        )
        job = self.trainer.start(spec)
        names = self.trainer.names(production, training)
        body = TrainingBody(
            dataset_id=TRAINING,
            correlation_id="upload-1",
            spec=spec,
            trainer=self.trainer.name,
            job_ref=job,
            model_name=names.model,
            quoted_usd=21.95,
            agreed_parts=AGREED,
            approved=True,
        )
        TRAININGS.create(
            self.registry,
            production,
            training,
            status=TrainingStage.IN_PROGRESS,
            body=body,
            now=START - timedelta(hours=1),
        )
        return job

    @property
    def training(self) -> TrainingRow:
        return TRAININGS.require(self.registry, "bunny", TRAINING)

    def deployment(self, number: int = 1) -> DeploymentRow:
        return DEPLOYMENTS.require(self.registry, "bunny", f"{TRAINING}-{number}")

    def claim(self, execution: str = "deploy-1", **request: Any) -> ClaimedTraining:
        asked = DeployRequest(**(request or {"job_arn": self.job}))
        return ClaimTraining(
            registry=self.registry,
            studio=self.studio,
            trainers=Only(self.trainer),
            executions=self.executions,
            prices=self.prices,
            clock=self.clock,
            longest_hours=2,
            provision_minutes=PROVISION_MINUTES,
            spend_limit_usd=SPEND_LIMIT_USD,
        ).claim(ClaimTrainingRequest(request=asked, execution_arn=execution))

    def schedule(self, claimed: ClaimedTraining, execution: str = "deploy-1") -> None:
        schedule_retirement(
            ScheduleRetirementRequest(
                training=Claim.model_validate(claimed.model_dump()), execution_arn=execution
            ),
            registry=self.registry,
            scheduler=self.scheduler,
            rules=Only(self.trainer),
            prices=self.prices,
            clock=self.clock,
            provision_minutes=PROVISION_MINUTES,
            retire_model_arn=RETIRE,
        )

    def ref(self, number: int = 1, reason: str = "") -> DeploymentRef:
        return DeploymentRef(
            production="bunny",
            deployment_id=f"{TRAINING}-{number}",
            correlation_id="upload-1",
            reason=reason,
        )

    def provision(self) -> None:
        provision_model(
            DeploymentRequest(deployment=self.ref()),
            registry=self.registry,
            scheduler=self.scheduler,
            trainers=Only(self.trainer),
            clock=self.clock,
        )

    def check(self) -> str:
        return check_deployment(
            DeploymentRequest(deployment=self.ref()),
            registry=self.registry,
            scheduler=self.scheduler,
            trainers=Only(self.trainer),
            clock=self.clock,
            provision_minutes=PROVISION_MINUTES,
            retire_model_arn=RETIRE,
        ).state

    def planned(self) -> None:
        """Trained, claimed, its end scheduled."""
        self.trainer.complete(self.job)
        self.schedule(self.claim())

    def creating(self) -> None:
        self.planned()
        self.provision()

    def retire_request(self, reason: str = "its time is up") -> RetireRequest:
        return RetireRequest(deployment=self.ref(reason=reason), execution_arn="retire-1")

    def stop(self, reason: str = "its time is up") -> None:
        stop_deployment(
            self.retire_request(reason),
            registry=self.registry,
            trainers=Only(self.trainer),
            clock=self.clock,
        )

    def verify(self) -> tuple[bool, bool]:
        """Gone, alarm."""
        answer = verify_retired(
            self.retire_request(),
            registry=self.registry,
            trainers=Only(self.trainer),
            clock=self.clock,
        )
        return answer.gone, answer.alarm

    def bill(self) -> None:
        bill_deployment(
            self.retire_request(),
            registry=self.registry,
            scheduler=self.scheduler,
            rules=Only(self.trainer),
            clock=self.clock,
        )

    def reconcile(self) -> Reconciled:
        mails_of_stack = replace(mails_of(self), links=None)
        recovery = Recovery(
            registry=self.registry,
            studio=self.studio,
            executions=self.executions,
            detectors=self.detectors,
            mails=mails_of(self),
            clock=self.clock,
            quiet_seconds=900,
            train_model_arn=TRAIN,
        )
        empty_uploads = EmptyUploads(
            registry=self.registry,
            uploads=self.uploads,
            mails=UploadMails(mails_of(self), "uploads"),
            clock=self.clock,
        )
        decisions = Decisions(
            registry=self.registry,
            tokens=self.tokens,
            executions=self.executions,
            clock=self.clock,
        )
        ended_drawings = EndedDrawings(
            registry=self.registry,
            trainers=Only(self.trainer),
            executions=self.executions,
            prices=PriceBook.load(),
            clock=self.clock,
        )
        ended_requests = EndedRequests(
            registry=self.registry,
            studio=self.studio,
            mails=OutcomeMails(mails_of(self), self.studio),
            executions=self.executions,
            clock=self.clock,
            prepare_film_arn=PREPARE,
            train_model_arn=TRAIN,
            deploy_model_arn=DEPLOY,
            draw_storyboard_arn=DRAW,
        )
        watched_models = WatchedModels(
            called=called_models(AllowedModels().embedding, AllowedModels().captions),
            models=self.foundation_models,
            region="us-east-1",
            clock=self.clock,
            mails=mails_of_stack,
        )
        human_loops = OpenHumanLoops(
            registry=self.registry,
            loops=InMemoryHumanLoops(self.studio),
            ended=EndedHumanLoops(
                registry=self.registry,
                studio=self.studio,
                deciding=Deciding(self.registry, self.tokens, self.executions, self.clock),
                clock=self.clock,
                limits=common_limits(),
            ),
            executions=self.executions,
            clock=self.clock,
        )
        return Reconcile(
            registry=self.registry,
            trainers=Only(self.trainer),
            executions=self.executions,
            clock=self.clock,
            recovery=recovery,
            empty_uploads=empty_uploads,
            decisions=decisions,
            human_loops=human_loops,
            ended_drawings=ended_drawings,
            ended_requests=ended_requests,
            watched_models=watched_models,
            film_digests=FilmDigests(mails_of(self), self.studio),
            unknown=UnknownDeployments(self.registry, Only(self.trainer), self.clock),
            rounds=Rounds(self.registry, self.clock, mails_of_stack),
            deploy_model_arn=DEPLOY,
            retire_model_arn=RETIRE,
        ).run()

    def notify(self, kind: str, subject: str, **extra: str) -> None:
        notify(
            NotifyRequest(
                notification=NotificationRequest(
                    kind=kind,
                    production="bunny",
                    id=subject,
                    correlation_id="upload-1",
                    extra=extra,
                )
            ),
            mails=replace(mails_of(self), links=None),
            studio=self.studio,
        )


def only_mail(studio: DeploymentInMemory) -> tuple[str, str]:
    (mail,) = studio.mailbox.mails
    return mail.subject, " ".join(mail.body.split())


def caught(error: str, message: str) -> dict[str, str]:
    """What a Catch of the machine hands on."""
    return {"error": error, "cause": json.dumps({"errorMessage": message})}
