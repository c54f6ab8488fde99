"""The kinds of rows: which body and which statuses each has."""

from __future__ import annotations

from onmodel.contracts.detectors import DetectorBody, DetectorStage
from onmodel.contracts.film_rows import (
    ContentBody,
    ContentStatus,
    EmptyUploadBody,
    EmptyUploadStatus,
    FilmBody,
    FolderBody,
    FolderStatus,
    ReferenceBody,
    ReferenceStatus,
    RunBody,
    RunStatus,
)
from onmodel.contracts.human_loops import HumanLoopBody, HumanLoopStatus
from onmodel.contracts.places import PlacesBody, PlacesStatus
from onmodel.contracts.review import CorrectionBody, CorrectionStatus
from onmodel.contracts.rows import (
    ApprovalBody,
    ApprovalStatus,
    DatasetBody,
    DatasetStatus,
    DeploymentBody,
    DeploymentStage,
    GenerationBody,
    GenerationStatus,
    Kind,
    StoryboardBody,
    StoryboardStatus,
    TrainingBody,
    TrainingStage,
)
from onmodel.contracts.stack_rows import (
    MailBody,
    MailStatus,
    OutcomeBody,
    OutcomeStatus,
    RoundBody,
    RoundStatus,
    StackBody,
    StackStatus,
    TombstoneBody,
    TombstoneStatus,
)
from onmodel.registry.rows import Row, Rows

FilmRow = Row[FilmBody, RunStatus]
ReferenceRow = Row[ReferenceBody, ReferenceStatus]
EmptyUploadRow = Row[EmptyUploadBody, EmptyUploadStatus]
MailRow = Row[MailBody, MailStatus]
RunRow = Row[RunBody, RunStatus]
GenerationRow = Row[GenerationBody, GenerationStatus]
DatasetRow = Row[DatasetBody, DatasetStatus]
ApprovalRow = Row[ApprovalBody, ApprovalStatus]
HumanLoopRow = Row[HumanLoopBody, HumanLoopStatus]
CorrectionRow = Row[CorrectionBody, CorrectionStatus]
TrainingRow = Row[TrainingBody, TrainingStage]
DeploymentRow = Row[DeploymentBody, DeploymentStage]
StoryboardRow = Row[StoryboardBody, StoryboardStatus]
TombstoneRow = Row[TombstoneBody, TombstoneStatus]
PlacesRow = Row[PlacesBody, PlacesStatus]
DetectorRow = Row[DetectorBody, DetectorStage]

PRODUCTIONS = Rows(Kind.PRODUCTION, FolderBody, FolderStatus)
CHARACTERS = Rows(Kind.CHARACTER, FolderBody, FolderStatus)
REFERENCES = Rows(Kind.REFERENCE, ReferenceBody, ReferenceStatus)
CONTENTS = Rows(Kind.CONTENT, ContentBody, ContentStatus)
EMPTY_UPLOADS = Rows(Kind.EMPTY_UPLOAD, EmptyUploadBody, EmptyUploadStatus)
FILMS = Rows(Kind.FILM, FilmBody, RunStatus)
RUNS = Rows(Kind.RUN, RunBody, RunStatus)
MAILS = Rows(Kind.MAIL, MailBody, MailStatus)
OUTCOMES = Rows(Kind.OUTCOME, OutcomeBody, OutcomeStatus)
GENERATIONS = Rows(Kind.GENERATION, GenerationBody, GenerationStatus)
DATASETS = Rows(Kind.DATASET, DatasetBody, DatasetStatus)
APPROVALS = Rows(Kind.APPROVAL, ApprovalBody, ApprovalStatus)
CORRECTIONS = Rows(Kind.REVIEW, CorrectionBody, CorrectionStatus)
HUMAN_LOOPS = Rows(Kind.HUMAN_LOOP, HumanLoopBody, HumanLoopStatus)
TRAININGS = Rows(Kind.TRAINING, TrainingBody, TrainingStage)
DEPLOYMENTS = Rows(Kind.DEPLOYMENT, DeploymentBody, DeploymentStage)
STORYBOARDS = Rows(Kind.STORYBOARD, StoryboardBody, StoryboardStatus)
STACKS = Rows(Kind.STACK, StackBody, StackStatus)
TOMBSTONES = Rows(Kind.TOMBSTONE, TombstoneBody, TombstoneStatus)
PLACES = Rows(Kind.PLACES, PlacesBody, PlacesStatus)
DETECTORS = Rows(Kind.DETECTOR, DetectorBody, DetectorStage)
ROUNDS = Rows(Kind.ROUND, RoundBody, RoundStatus)
