"""Makes the services that steps take as arguments. The only module that imports both sides."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from onmodel.adapters.clients import ATTEMPTS, CONNECTIONS, READ_TIMEOUT_SECONDS, make_client
from onmodel.adapters.converse import ConverseModel
from onmodel.adapters.custom_labels import CustomLabels, RekognitionDetectors
from onmodel.adapters.dynamodb import DynamoCache, DynamoRegistry
from onmodel.adapters.face_collections import RekognitionFaceCollections
from onmodel.adapters.foundation_models import BedrockModels
from onmodel.adapters.human_loops import AugmentedAiHumanLoops
from onmodel.adapters.pacing import (
    Pace,
    PacedRetry,
    PatientEmbedder,
    PatientFaceCollections,
    PatientFaces,
    PatientLabels,
    PatientModel,
    ThrottledRetry,
)
from onmodel.adapters.rekognition import (
    RekognitionFaces,
    RekognitionLabels,
    first_labels_per_second,
)
from onmodel.adapters.s3 import S3ObjectStore
from onmodel.adapters.scheduler import EventBridgeScheduler
from onmodel.adapters.secretsmanager import SecretsManagerSecrets
from onmodel.adapters.sns import SnsMailbox
from onmodel.adapters.sqs import SqsQueue
from onmodel.adapters.stepfunctions import StepFunctionsExecutions, StepFunctionsTaskTokens
from onmodel.contracts.sampling_settings import EmbeddingSettings
from onmodel.contracts.settings import CaptionSettings
from onmodel.contracts.trainings import DatasetLimits
from onmodel.environment import (
    Aws,
    Buckets,
    CacheTable,
    CaptionQueueVariables,
    Environment,
    FilmPace,
    HumanReview,
    LabelPace,
    Links,
    Models,
    RegistryTable,
    Schedules,
    StackName,
    Topic,
    VariableGroup,
)
from onmodel.links.tokens import SignedLinks
from onmodel.money.pricebook import PriceBook
from onmodel.money.result_cache import (
    CachedAnswers,
    CachedCustomLabels,
    CachedEmbedder,
    CachedFaceCollections,
    CachedFaceDetector,
    CachedLabelDetector,
)
from onmodel.money.usage import UsageMeter
from onmodel.ports.finder import FinderOf
from onmodel.ports.human_loops import HumanLoops
from onmodel.ports.machines import Scheduler, TaskTokens
from onmodel.ports.models import CaptionModel, Embedder
from onmodel.ports.namer import NamerOf
from onmodel.ports.trainer import ImageModel, Trainer, Trainers, TrainersRules
from onmodel.trainers.catalogue import TRAINERS, common_limits, make_image_model
from onmodel.trainers.parts import TrainerParts

if TYPE_CHECKING:
    from onmodel.notifications.sending import Mails

SIMULATED = "Made on a local stack: Rekognition and Bedrock are simulated, nothing was paid for"

SECONDS_TO_END = 60.0
"""Before Lambda ends an invocation: the last calls of its threads, and its answer."""

CAPTION_ATTEMPTS = 2
EMBEDDING_CONNECTIONS = 16  # as many threads as embed figures
"""Of one call for a caption: the function must end although every attempt times out."""

BOXES_TOKENS = 1500
"""Of an answer of the finder `grounding`: 20 boxes with long labels."""

QUESTIONS_TOKENS = 2000
"""Of ten questions about a scene, each as long as it may be."""


def now() -> datetime:
    """The only clock of the deployed system."""
    return datetime.now(UTC)


class Services:
    """The services of one function's process, each made when it is first used."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment

    def client(
        self,
        service: str,
        *,
        read_timeout_seconds: float = READ_TIMEOUT_SECONDS,
        attempts: int = ATTEMPTS,
        connections: int = CONNECTIONS,
    ) -> Any:  # noqa: ANN401 - boto3 makes clients at run time
        return make_client(
            service,
            region=self.environment.read(Aws).aws_region,
            read_timeout_seconds=read_timeout_seconds,
            attempts=attempts,
            connections=connections,
        )

    @cached_property
    def _s3(self) -> Any:  # noqa: ANN401
        return self.client("s3")

    @cached_property
    def _dynamodb(self) -> Any:  # noqa: ANN401
        return self.client("dynamodb")

    @cached_property
    def uploads(self) -> S3ObjectStore:
        return S3ObjectStore(self._s3, self.environment.read(Buckets).uploads_bucket)

    @cached_property
    def studio(self) -> S3ObjectStore:
        return S3ObjectStore(self._s3, self.environment.read(Buckets).studio_bucket)

    @cached_property
    def registry(self) -> DynamoRegistry:
        return DynamoRegistry(self._dynamodb, self.environment.read(RegistryTable).registry_table)

    @cached_property
    def cache(self) -> DynamoCache:
        named = self.environment.read(CacheTable)
        return DynamoCache(self._dynamodb, named.cache_table, named.cache_days, now)

    @cached_property
    def executions(self) -> StepFunctionsExecutions:
        return StepFunctionsExecutions(self._stepfunctions)

    @cached_property
    def mailbox(self) -> SnsMailbox:
        return SnsMailbox(self.client("sns"), self.environment.read(Topic).topic_arn)

    @cached_property
    def _rekognition(self) -> Any:  # noqa: ANN401
        return self.client("rekognition")

    @cached_property
    def _caption_runtime(self) -> Any:  # noqa: ANN401
        # A caption takes seconds. After a longer silence the queue delivers the message again.
        return self.client("bedrock-runtime", attempts=CAPTION_ATTEMPTS)

    @cached_property
    def _embedding_runtime(self) -> Any:  # noqa: ANN401
        return self.client("bedrock-runtime", connections=EMBEDDING_CONNECTIONS)

    @cached_property
    def trainers(self) -> Trainers:
        """All trainers, by name; each is made when it is first asked for."""
        return _MadeWhenAskedFor(self._trainer_parts)

    @property
    def trainer_rules(self) -> TrainersRules:
        """The rules of all trainers, for functions that call no service of them."""
        return trainer_rules()

    @property
    def dataset_limits(self) -> DatasetLimits:
        """What every trainer takes: crops are cut and captioned before one is chosen."""
        return common_limits()

    def image_model(self, trainer: str) -> ImageModel:
        """Draws panel after panel with a deployment of this trainer."""
        return make_image_model(trainer, self._trainer_parts)

    @property
    def _trainer_parts(self) -> TrainerParts:
        return TrainerParts(
            environment=self.environment, client=self.client, store=self.studio, clock=now
        )

    @cached_property
    def scheduler(self) -> Scheduler:
        named = self.environment.read(Schedules)
        return EventBridgeScheduler(
            self.client("scheduler"),
            group=named.schedule_group,
            role_arn=named.scheduler_role_arn,
            clock=now,
            dead_letter_arn=named.schedule_dead_letter_arn,
        )

    @cached_property
    def _stepfunctions(self) -> Any:  # noqa: ANN401
        return self.client("stepfunctions")

    @cached_property
    def tokens(self) -> TaskTokens:
        return StepFunctionsTaskTokens(self._stepfunctions)

    @cached_property
    def human_loops(self) -> HumanLoops:
        """Of Amazon A2I, by the stack's flow definition."""
        named = self.environment.read(HumanReview)
        return AugmentedAiHumanLoops(
            self.client("sagemaker-a2i-runtime"), named.flow_definition_arn
        )

    @cached_property
    def caption_queue(self) -> SqsQueue:
        return SqsQueue(
            self.client("sqs"), self.environment.read(CaptionQueueVariables).caption_queue_url
        )

    def caption_model(self, settings: CaptionSettings) -> CaptionModel:
        return ConverseModel(
            self._caption_runtime, settings.model, temperature=settings.temperature
        )

    @cached_property
    def links(self) -> SignedLinks:
        """The signing key is read once by each process."""
        named = self.environment.read(Links)
        secrets = SecretsManagerSecrets(self.client("secretsmanager"))
        return SignedLinks(named.links_url, secrets.get(named.link_secret_arn), now)

    @cached_property
    def mails(self) -> Mails:
        """Sends mails, each with a link to its production's home page."""
        from onmodel.notifications.sending import Mails  # loads Jinja: few steps need it

        return Mails(self.registry, self.mailbox, now, self.stack_options, self.links)

    @property
    def stack_options(self) -> str:
        """The options with which the command `onmodel` finds this stack."""
        aws = self.environment.read(Aws)
        if aws.aws_endpoint_url:
            return "--local"
        return f"--stack {self.environment.read(StackName).stack_name} --region {aws.aws_region}"

    def notices(self, trainer: str | None = None) -> tuple[str, ...]:
        """The notice at the beginning of every page of a local stack; nothing on AWS.

        Args:
            trainer: of what the page shows; None when none has been chosen.
        """
        if not self.environment.read(Aws).aws_endpoint_url:
            return ()
        said = () if trainer is None else (self.trainer_rules[trainer].on_a_local_stack,)
        return ("; ".join((SIMULATED, *said)),)

    @cached_property
    def prices(self) -> PriceBook:
        return PriceBook.load()

    @cached_property
    def foundation_models(self) -> BedrockModels:
        return BedrockModels(self.client("bedrock"))

    @cached_property
    def face_collections(self) -> RekognitionFaceCollections:
        """All of the account; those of this stack begin as contracts.keys says."""
        return RekognitionFaceCollections(self._rekognition)

    @cached_property
    def detectors(self) -> RekognitionDetectors:
        """All Custom Labels models of the account."""
        return RekognitionDetectors(self._rekognition)

    @property
    def labels_per_second(self) -> float:
        """Calls of DetectLabels that the whole account may make."""
        given = self.environment.read(LabelPace).labels_per_second
        return given or first_labels_per_second(self.environment.read(Aws).aws_region)

    def retry(self, seconds_left: float) -> ThrottledRetry:
        """How long throttled calls are repeated: while there is time to end the invocation."""
        ends_at = time.monotonic() + seconds_left - SECONDS_TO_END
        return ThrottledRetry(ends_at, time.monotonic, time.sleep)

    def question_model(self, meter: UsageMeter, retry: ThrottledRetry) -> CaptionModel:
        """Writes questions about scenes and answers them about pictures, paid once each.

        It is the stack's model of captions. A change of the parameter changes it for every take.
        """
        model = self.environment.read(Models).caption_model_id
        return self._answering(model, QUESTIONS_TOKENS, meter, retry)

    def _answering(
        self, model: str, max_tokens: int, meter: UsageMeter, retry: ThrottledRetry
    ) -> CachedAnswers:
        """A model whose answers are cached by what was asked; it answers the same each time."""
        asked = {"temperature": 0.0, "max_tokens": max_tokens}
        called = ConverseModel(self._caption_runtime, model, temperature=0.0, max_tokens=max_tokens)
        return CachedAnswers(PatientModel(called, retry), asked, self.cache, meter)

    def finder(self, meter: UsageMeter, retry: ThrottledRetry, per_second: float) -> FinderOf:
        """Makes the finder of a production's settings; its paid calls are cached and counted.

        Args:
            meter: counts them.
            retry: repeats those that are throttled.
            per_second: calls of each of Rekognition's operations at most.
        """
        from onmodel.finders import FinderServices, make_finder  # loads OpenCV: few steps need it

        def calls() -> PacedRetry:
            return PacedRetry(Pace(per_second, time.monotonic, time.sleep), retry)

        def labels() -> CachedLabelDetector:
            patient = PatientLabels(RekognitionLabels(self._rekognition), calls())
            return CachedLabelDetector(patient, self.cache, meter)

        def faces() -> CachedFaceDetector:
            patient = PatientFaces(RekognitionFaces(self._rekognition), calls())
            return CachedFaceDetector(patient, self.cache, meter)

        def grounding(model: str) -> CachedAnswers:
            return self._answering(model, BOXES_TOKENS, meter, retry)

        def custom_labels(model: str) -> CachedCustomLabels:
            patient = PatientLabels(CustomLabels(self._rekognition, model), calls())
            return CachedCustomLabels(patient, model, self.cache, meter)

        services = FinderServices(
            labels=labels, faces=faces, grounding=grounding, custom_labels=custom_labels
        )
        return partial(make_finder, services=services)

    def namer(self, meter: UsageMeter, retry: ThrottledRetry) -> NamerOf:
        """Makes the namer of a production's settings; its paid calls are cached and counted.

        Args:
            meter: counts them.
            retry: repeats those that are throttled.
        """
        from onmodel.namers import NamerServices, make_namer  # loads NumPy: few steps need it

        per_second = self.labels_per_second / self.environment.read(FilmPace).films_at_once

        def calls() -> PacedRetry:
            return PacedRetry(Pace(per_second, time.monotonic, time.sleep), retry)

        def faces() -> CachedFaceDetector:
            patient = PatientFaces(RekognitionFaces(self._rekognition), calls())
            return CachedFaceDetector(patient, self.cache, meter)

        def collections() -> CachedFaceCollections:
            patient = PatientFaceCollections(self.face_collections, calls())
            return CachedFaceCollections(patient, self.cache, meter)

        return partial(
            make_namer,
            services=NamerServices(
                embedder=partial(self.embedder, meter=meter, retry=retry),
                faces=faces,
                collections=collections,
                stack=self.environment.read(StackName).stack_name,
            ),
        )

    def embedder(
        self, settings: EmbeddingSettings, meter: UsageMeter, retry: ThrottledRetry | None = None
    ) -> CachedEmbedder:
        """The embedder of these settings; its paid calls are cached and counted.

        Args:
            settings: of the run or the dataset.
            meter: counts the paid calls.
            retry: repeats those that are throttled; None: they fail, and the machine waits.
        """
        from onmodel.adapters.embedders import make_embedder  # imports NumPy to read vectors

        embedder: Embedder = make_embedder(self._embedding_runtime, settings)
        if retry is not None:
            embedder = PatientEmbedder(embedder, retry)
        return CachedEmbedder(embedder, self.cache, meter)


class _MadeWhenAskedFor(Mapping[str, Trainer]):
    """The catalogue's trainers: a function that asks for one has the variables of that one."""

    def __init__(self, parts: TrainerParts) -> None:
        self._parts = parts
        self._made: dict[str, Trainer] = {}

    def __getitem__(self, name: str) -> Trainer:
        if name not in self._made:
            self._made[name] = TRAINERS[name].trainer(self._parts)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(TRAINERS)

    def __len__(self) -> int:
        return len(TRAINERS)


def trainer_rules() -> TrainersRules:
    """The rules of all trainers, for use without a stack."""
    return {name: entry.rules for name, entry in TRAINERS.items()}


def services(*sections: type[VariableGroup]) -> Services:
    """The services of a function, made while it is loaded: clients exist as long as its process.

    Args:
        sections: of the environment that the function needs, beside Aws.

    Raises:
        EnvironmentIncomplete: a variable of these is missing.
    """
    environment = Environment(os.environ)
    environment.require(Aws, *sections)
    return Services(environment)
