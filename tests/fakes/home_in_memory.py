"""A production's rows, and the home page over them."""

from __future__ import annotations

from datetime import timedelta

from fakes.films_in_memory import run_of
from fakes.mailbox import STACK_OPTIONS
from fakes.training_in_memory import LINKS_URL, PRODUCTION, TrainingInMemory

from onmodel.contracts.film_rows import RunBody, RunStatus
from onmodel.contracts.links import LinkAnswer, LinkRequest
from onmodel.contracts.rows import (
    DatasetBody,
    DatasetStatus,
    DeploymentBody,
    DeploymentStage,
    GenerationBody,
    GenerationStatus,
)
from onmodel.registry.kinds import DATASETS, DEPLOYMENTS, GENERATIONS, RUNS
from onmodel.steps.show_home import ShowHome


class HomeInMemory(TrainingInMemory):
    """A production with films, and its home page."""

    def show(self, link: str, method: str = "GET", query: str = "") -> LinkAnswer:
        event = {
            "rawPath": link.removeprefix(LINKS_URL), "rawQueryString": query,
            "requestContext": {"http": {"method": method}, "requestId": "request-1"},
        }  # fmt: skip
        return ShowHome(
            registry=self.registry, studio=self.studio, links=self.links, clock=self.clock,
            stack="onmodel", quiet_seconds=900, stack_options=STACK_OPTIONS,
        ).follow(LinkRequest.model_validate(event))  # fmt: skip

    @property
    def home(self) -> str:
        return self.links.link_to_home(PRODUCTION, 30)

    def add_film(self, title: str = "a.mp4", **changes: object) -> None:
        run = run_of(**changes).model_copy(update={"production": PRODUCTION, "title": title})
        body = RunBody(run=run, execution_arn="arn", crops_kept=12, estimated_usd=0.61)
        RUNS.create(self.registry, PRODUCTION, run.run_id, status=RunStatus.PREPARED,
                    body=body, now=self.clock())  # fmt: skip

    def add_dataset(self, identity: str, pictures: int = 12) -> None:
        body = DatasetBody(
            generation_id="g0001", correlation_id="c", pictures=pictures, named={"buck": pictures},
            films=("f",), to_caption_key="k", captions_needed=1,
        )  # fmt: skip
        DATASETS.create(self.registry, PRODUCTION, identity, status=DatasetStatus.READY,
                        body=body, now=self.clock())  # fmt: skip

    def deploy(self) -> None:
        now = self.clock()
        body = DeploymentBody(
            training_id="d0001-7be1d2f0", name="n", correlation_id="c", requested_at=now,
            provisioning_at=now, retires_at=now + timedelta(hours=2), schedule_name="s", hours=2,
            unit_usd_hour=60.5,
        )  # fmt: skip
        DEPLOYMENTS.create(self.registry, PRODUCTION, "d0001-7be1d2f0-1",
                           status=DeploymentStage.IN_SERVICE, body=body, now=now)  # fmt: skip

    def fill(self) -> None:
        """Something of everything that a home page shows."""
        for number in range(4):
            title = f"Episode {number}, a film with a long name.mp4"
            self.add_film(title, run_id=f"r{number}", film_id=f"f{number}-00000000")
            self.add_dataset(f"d000{number}-7be1d2f0", pictures=10 + number)
            self.clock.advance(minutes=1)
        self.collect()
        self.deploy()
        self.ask()

    def collect(self) -> None:
        """A generation that waits for more films."""
        body = GenerationBody(
            attempt=1, runs=("a",), last_prepared_at=self.clock(), correlation_id="c"
        )
        GENERATIONS.create(self.registry, PRODUCTION, "g0002", status=GenerationStatus.OPEN,
                           body=body, now=self.clock())  # fmt: skip
