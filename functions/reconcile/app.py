"""Every quarter of an hour: correct what lost events, failed executions and people left."""

from dataclasses import replace

from onmodel.contracts.operations import Reconciled, ReconcileEvent
from onmodel.environment import (
    Aws,
    Buckets,
    GenerationPace,
    HumanReview,
    Links,
    Machines,
    Models,
    RegistryTable,
    SageMakerVariables,
    StackName,
    Topic,
    TrainerResources,
)
from onmodel.films.called_models import called_models
from onmodel.handler import lambda_handler
from onmodel.steps.decisions import Deciding, Decisions
from onmodel.steps.empty_uploads import EmptyUploads
from onmodel.steps.ended_drawings import EndedDrawings
from onmodel.steps.ended_human_loops import EndedHumanLoops, OpenHumanLoops
from onmodel.steps.ended_requests import EndedRequests
from onmodel.steps.film_digests import FilmDigests
from onmodel.steps.outcome_mails import OutcomeMails
from onmodel.steps.reconcile import Reconcile
from onmodel.steps.recovery import Recovery
from onmodel.steps.rounds import Rounds
from onmodel.steps.unknown_deployments import UnknownDeployments
from onmodel.steps.upload_mails import UploadMails
from onmodel.steps.watch_models import WatchedModels
from onmodel.wiring import now, services

wired = services(
    Buckets,
    GenerationPace,
    HumanReview,
    Links,
    Machines,
    Models,
    RegistryTable,
    StackName,
    Topic,
    SageMakerVariables,
    TrainerResources,
)


@lambda_handler(ReconcileEvent)
def handler(_event: ReconcileEvent) -> Reconciled:
    machines = wired.environment.read(Machines)
    mails_of_stack = replace(wired.mails, links=None)  # of no production
    recovery = Recovery(
        registry=wired.registry,
        studio=wired.studio,
        executions=wired.executions,
        detectors=wired.detectors,
        mails=wired.mails,
        clock=now,
        quiet_seconds=wired.environment.read(GenerationPace).quiet_seconds,
        train_model_arn=machines.train_model_arn,
    )
    empty_uploads = EmptyUploads(
        registry=wired.registry,
        uploads=wired.uploads,
        mails=UploadMails(wired.mails, wired.uploads.bucket),
        clock=now,
    )
    decisions = Decisions(
        registry=wired.registry, tokens=wired.tokens, executions=wired.executions, clock=now
    )
    human_loops = OpenHumanLoops(
        registry=wired.registry,
        loops=wired.human_loops,
        ended=EndedHumanLoops(
            registry=wired.registry,
            studio=wired.studio,
            deciding=Deciding(wired.registry, wired.tokens, wired.executions, now),
            clock=now,
            limits=wired.dataset_limits,
        ),
        executions=wired.executions,
        clock=now,
    )
    ended_drawings = EndedDrawings(
        registry=wired.registry,
        trainers=wired.trainers,
        executions=wired.executions,
        prices=wired.prices,
        clock=now,
    )
    ended_requests = EndedRequests(
        registry=wired.registry,
        studio=wired.studio,
        mails=OutcomeMails(wired.mails, wired.studio),
        executions=wired.executions,
        clock=now,
        prepare_film_arn=machines.prepare_film_arn,
        train_model_arn=machines.train_model_arn,
        deploy_model_arn=machines.deploy_model_arn,
        draw_storyboard_arn=machines.draw_storyboard_arn,
    )
    models = wired.environment.read(Models)
    watched_models = WatchedModels(
        called=called_models(
            models.embedding_model_id,
            models.caption_model_id,
            models.caption_foundation_model_id,
            wired.environment.read(TrainerResources).ending_model_id,
        ),
        models=wired.foundation_models,
        region=wired.environment.read(Aws).aws_region,
        clock=now,
        mails=mails_of_stack,
    )
    return Reconcile(
        registry=wired.registry,
        trainers=wired.trainers,
        executions=wired.executions,
        clock=now,
        recovery=recovery,
        empty_uploads=empty_uploads,
        decisions=decisions,
        human_loops=human_loops,
        ended_drawings=ended_drawings,
        ended_requests=ended_requests,
        watched_models=watched_models,
        film_digests=FilmDigests(wired.mails, wired.studio),
        unknown=UnknownDeployments(wired.registry, wired.trainers, now),
        rounds=Rounds(wired.registry, now, mails_of_stack),
        deploy_model_arn=machines.deploy_model_arn,
        retire_model_arn=machines.retire_model_arn,
    ).run()
