"""What wiring's Services offers, over tables and buckets in memory."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from fakes.account import InMemoryModels
from fakes.image_model import FakeImageModel
from fakes.mailbox import STACK_OPTIONS, mails_of
from fakes.scheduler import InMemoryScheduler
from fakes.trainer import Only
from fakes.training_in_memory import TrainingInMemory
from functions import variables_of_the_template

from onmodel.adapters.pacing import ThrottledRetry
from onmodel.environment import Environment
from onmodel.money.pricebook import PriceBook
from onmodel.money.result_cache import CachedAnswers
from onmodel.notifications.sending import Mails
from onmodel.trainers.catalogue import common_limits


class ServicesInMemory:
    """The attributes of Services, made of a TrainingInMemory."""

    def __init__(self, world: TrainingInMemory, variables: Mapping[str, str] | None = None) -> None:
        self._world = world
        self.clock = world.clock
        self.environment = environment() if variables is None else Environment(variables)
        self.uploads, self.studio = world.uploads, world.studio
        self.registry, self.cache = world.registry, world.cache
        self.executions: Any = world.executions
        self.mailbox = world.mailbox
        self.trainers = self.trainer_rules = Only(world.trainer)
        self.dataset_limits = common_limits()
        self.tokens: Any = world.tokens
        self.foundation_models = InMemoryModels()
        self.detectors: Any = world.detectors
        self.human_loops: Any = world.human_loops
        self.caption_queue: Any = world.queue
        self.links = world.links
        self.scheduler = InMemoryScheduler(world.clock)
        self.prices = prices()
        self.stack_options = STACK_OPTIONS

    labels_per_second = 50.0

    @property
    def mails(self) -> Mails:
        return mails_of(self)

    def notices(self, _trainer: str | None = None) -> tuple[str, ...]:
        """As on AWS: none."""
        return ()

    def retry(self, _seconds_left: float) -> ThrottledRetry:
        """A throttled call fails, and its caller tries again."""
        return ThrottledRetry(0, lambda: 0, time.sleep, lambda _least, most: most)

    def embedder(self, settings: Any, meter: Any, _retry: Any = None) -> Any:
        return self._world.embedder(settings, meter)

    def finder(self, meter: Any, _retry: Any, _per_second: float) -> Any:
        return self._world.finder(meter)

    def namer(self, meter: Any, _retry: Any) -> Any:
        return self._world.namer(meter)

    def question_model(self, meter: Any, _retry: Any) -> Any:
        return CachedAnswers(self._world.questions, {}, self.cache, meter)

    @property
    def face_collections(self) -> Any:
        return self._world.collections

    def image_model(self, _trainer: str) -> Any:
        return FakeImageModel()

    def caption_model(self, _settings: object) -> Any:
        return self._world.captions


@cache
def environment() -> Environment:
    return Environment(variables_of_the_template())


@cache
def prices() -> PriceBook:
    return PriceBook.load()
