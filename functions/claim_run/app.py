"""PrepareFilm's first state: claim the run and a place, and look whether its models answer."""

from onmodel.contracts.films import ClaimRunRequest, RunClaim
from onmodel.environment import Aws, Buckets, FilmPace, Models, RegistryTable, TrainerResources
from onmodel.films.called_models import called_models
from onmodel.handler import lambda_handler
from onmodel.steps.claim_run import claim_run
from onmodel.steps.preflight_film import preflight_film
from onmodel.wiring import now, services

wired = services(Buckets, FilmPace, Models, RegistryTable, TrainerResources)


@lambda_handler(ClaimRunRequest)
def handler(request: ClaimRunRequest) -> RunClaim:
    pace = wired.environment.read(FilmPace)
    named = wired.environment.read(Models)
    return claim_run(
        request,
        registry=wired.registry,
        executions=wired.executions,
        clock=now,
        films_at_once=pace.films_at_once,
        poll_seconds=pace.poll_seconds,
        preflight=lambda: preflight_film(
            request.run,
            studio=wired.studio,
            called=called_models(
                named.embedding_model_id,
                named.caption_model_id,
                named.caption_foundation_model_id,
                wired.environment.read(TrainerResources).ending_model_id,
            ),
            models=wired.foundation_models,
            region=wired.environment.read(Aws).aws_region,
            clock=now,
        ),
    )
