"""What the fixtures name behind the films, second half: a deployment and a storyboard."""

from __future__ import annotations

from onmodel.contracts.requests_deployment import (
    DeploymentRequest,
    PanelItem,
    PanelItemRequest,
    PlanStoryboardRequest,
    PublishGalleryRequest,
    ScheduleRetirementRequest,
)
from onmodel.deployments import deployments_of, forbid_deployments, known_deployment
from onmodel.jsonl import read_lines
from onmodel.paid import Meter
from onmodel.records import Kind
from onmodel.records_training import (
    DeploymentStage,
    StoryboardStatus,
    TrainingBody,
    TrainingStage,
)
from onmodel.steps.check_deployment import check_deployment
from onmodel.steps.draw_panel import draw_panel
from onmodel.steps.plan_storyboard import PlanStoryboard
from onmodel.steps.provision_model import provision_model
from onmodel.steps.publish_gallery import PublishGallery
from onmodel.steps.schedule_retirement import schedule_retirement
from onmodel.steps.score_panel import score_panel
from onmodel.wiring import now
from onmodel_local.seed_training import TrainingSeed


class ModelSeed(TrainingSeed):
    """All that the fixtures name behind the films."""

    def plant(self) -> None:
        forbid_deployments(False, self.services.registry, now)
        self._stop_machines()
        super().plant()
        if not self._is_in_service():
            self.say("deployment")
            self._deploy()
        if not self._is_drawn():
            self.say("storyboard")
            self._draw()
        self._lay_out_the_past()

    @property
    def _deployment(self) -> DeploymentRequest:
        return DeploymentRequest.model_validate(self.event("provision_model/scheduled.json"))

    @property
    def _storyboard(self) -> PublishGalleryRequest:
        return PublishGalleryRequest.model_validate(self.event("publish_gallery/drawn.json"))

    def _is_in_service(self) -> bool:
        wanted = self._deployment.deployment
        rows = {row.id: row for row in deployments_of(self.services.registry, wanted.production)}
        row = rows.get(wanted.deployment_id)
        if row is None or row.stage != DeploymentStage.IN_SERVICE or row.body.retires_at < now():
            return False
        names = [told["name"] for told in self.control("billing")["throughput"]]
        return row.body.deployment_ref is not None and bool(names)

    def _deploy(self) -> None:
        wired, wanted = self.services, self._deployment
        for told in self.control("billing")["throughput"]:
            self.control("bedrock/forget", {"name": told["name"]})
        for row in list(deployments_of(wired.registry, wanted.deployment.production)):
            wired.registry.delete(row.record)
        environment = wired.environment
        schedule_retirement(
            ScheduleRetirementRequest.model_validate(self.event("schedule_retirement/first.json")),
            registry=wired.registry,
            scheduler=wired.scheduler,
            trainer=wired.trainer,
            prices=wired.prices,
            clock=now,
            provision_minutes=environment.provision_minutes,
            retire_model_arn=environment.retire_model_arn,
        )
        provision_model(
            wanted,
            registry=wired.registry,
            scheduler=wired.scheduler,
            trainer=wired.trainer,
            clock=now,
        )

        def answers() -> bool:
            checked = check_deployment(
                wanted,
                registry=wired.registry,
                scheduler=wired.scheduler,
                trainer=wired.trainer,
                clock=now,
                provision_minutes=environment.provision_minutes,
                retire_model_arn=environment.retire_model_arn,
            )
            return checked.state == "in_service"

        (made,) = self.control("billing")["throughput"]
        self._hurry(made["name"], answers)

    def _lay_out_the_past(self) -> None:
        """Rows of what two mails tell: a deployment that is over, a training that failed."""
        wired, deployment = self.services, self._deployment.deployment
        live = known_deployment(wired.registry, deployment.production, deployment.deployment_id)
        self._row(
            Kind.DEPLOYMENT,
            self.event("tell/retired.json")["mail"]["id"],
            DeploymentStage.RETIRED,
            live.body.model_copy(update={"retired_at": now(), "estimated_usd": 121.0}),
        )
        training = self.training()
        if training is None:
            raise LookupError("the training was made and is not there")
        self._row(
            Kind.TRAINING,
            self.event("tell/training_failed.json")["mail"]["id"],
            TrainingStage.FAILED,
            TrainingBody.model_validate(training.body).model_copy(
                update={"job_ref": None, "model_ref": None, "reason": "Internal server error"}
            ),
        )

    def _is_drawn(self) -> bool:
        wanted = self._storyboard.storyboard
        found = self.services.registry.get(
            wanted.production, Kind.STORYBOARD, str(wanted.storyboard_id)
        )
        return found is not None and found.status == StoryboardStatus.DRAWN

    def _draw(self) -> None:
        wired, meter = self.services, Meter()
        planned = PlanStoryboard(
            registry=wired.registry,
            uploads=wired.uploads,
            studio=wired.studio,
            trainer=wired.trainer,
            clock=now,
        ).plan(PlanStoryboardRequest.model_validate(self.event("plan_storyboard/uploaded.json")))
        for item in read_lines(PanelItem, wired.studio.get(str(planned.panels_key))):
            request = PanelItemRequest(item=item)
            draw_panel(
                request,
                registry=wired.registry,
                studio=wired.studio,
                trainer=wired.trainer,
                image_model=wired.image_model,
            )
            score_panel(
                request,
                registry=wired.registry,
                studio=wired.studio,
                embedder=lambda settings: wired.embedder(settings, meter),
                meter=meter,
            )
        PublishGallery(
            registry=wired.registry,
            studio=wired.studio,
            prices=wired.prices,
            clock=now,
            door=wired.links,
        ).publish(self._storyboard)

    def _stop_machines(self) -> None:
        """Invocations start real ones, which would work on beside the next."""
        environment = self.services.environment
        for machine in (
            environment.prepare_film_arn,
            environment.train_model_arn,
            environment.deploy_model_arn,
            environment.retire_model_arn,
            environment.draw_storyboard_arn,
        ):
            self.services.executions.stop_all(machine, "the seed is put back")
