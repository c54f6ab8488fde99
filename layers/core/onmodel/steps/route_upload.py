"""Decide what an upload means and set it going.

Called for every new object of the bucket, and for every settings.yaml that is deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.films import Run
from onmodel.contracts.keys import (
    FilmKeys,
    digest,
    execution_arn,
    execution_name,
    slug,
)
from onmodel.contracts.notifications import NotificationRequest
from onmodel.contracts.rows import (
    FolderBody,
    FolderStatus,
    ReferenceBody,
    ReferenceStatus,
    RunStatus,
)
from onmodel.contracts.settings import AllowedModels
from onmodel.contracts.uploads import RouteAnswer, UploadEvent
from onmodel.errors import Conflict, NotFound, ReferenceRefused, SettingsRefused
from onmodel.films.planning import plan_run
from onmodel.films.settings import accept_settings, newest_settings, settings_in_force
from onmodel.films.upload_layout import (
    FilmFile,
    IgnoredUpload,
    ReferenceFile,
    SettingsFile,
    StoryboardFile,
    Upload,
    UploadPlace,
    classify,
    settings_key,
)
from onmodel.notifications.facts.base import FactsFunction, Sources
from onmodel.notifications.facts.storyboards import storyboard_refused
from onmodel.notifications.facts.uploads import (
    reference_refused,
    settings_refused,
    upload_unknown,
)
from onmodel.notifications.sending import send_once
from onmodel.ports.account import Mailbox
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.kinds import CHARACTERS, PRODUCTIONS, REFERENCES, RUNS
from onmodel.registry.rows import Rows
from onmodel.storyboards.planning import read_storyboard

SMALLEST_REFERENCE = 64
"""Pixels of the shorter side; embeddings of smaller pictures depend too much on blur."""


@dataclass(frozen=True)
class RouteUpload:
    """The services that routing needs."""

    uploads: ObjectStore
    studio: ObjectStore
    registry: Registry
    executions: Executions
    mailbox: Mailbox
    clock: Clock
    models: AllowedModels
    prepare_film_arn: str
    draw_storyboard_arn: str = ""

    def route(self, event: UploadEvent) -> RouteAnswer:
        """Handle one object; a repeated event changes nothing and costs nothing."""
        key = event.detail.object.key
        upload = classify(key)
        if event.is_deletion:
            return self._deleted(upload, event)
        why = _why_ignored(upload, event)
        if why is not None:
            return RouteAnswer(outcome="ignored", detail=f"{key} is {why}")
        try:
            return self._by_kind(upload, event)
        except NotFound:
            return RouteAnswer(outcome="ignored", detail=f"{key} is gone")
        except (ReferenceRefused, SettingsRefused) as fault:
            return self._notify(
                event,
                upload.production,
                storyboard_refused if isinstance(upload, StoryboardFile) else reference_refused,
                reason=fault.reason,
                advice=fault.advice,
            )

    def _by_kind(self, upload: Upload, event: UploadEvent) -> RouteAnswer:
        match upload:
            case FilmFile():
                self._own_production(upload)
                return self._film(upload, event)
            case ReferenceFile():
                self._own_production(upload)
                self._own(CHARACTERS, upload.production, upload.character, upload.character_folder)
                return self._reference(upload, event)
            case SettingsFile():
                self._own_production(upload)
                return self._settings(upload, event)
            case StoryboardFile():
                self._own_production(upload)
                return self._storyboard(upload, event)
        return self._notify(event, upload.production, upload_unknown)

    def _deleted(self, upload: Upload, event: UploadEvent) -> RouteAnswer:
        """Deleted settings no longer hold; of anything else nothing has to be done."""
        if isinstance(upload, SettingsFile):
            row = PRODUCTIONS.read(self.registry, upload.production, upload.production)
            if row is not None and row.body.folder == upload.folder:
                return self._settings(upload, event)
        return RouteAnswer(outcome="ignored", detail=f"{event.detail.object.key} was deleted")

    def _film(self, film: FilmFile, event: UploadEvent) -> RouteAnswer:
        uploaded = event.detail.object
        info = self.uploads.head(uploaded.key, uploaded.version_id)
        self._settings(film, event)  # the event of the newest settings.yaml may be late or lost
        settings = settings_in_force(film.production, self.studio, self.models)
        run = plan_run(film, info, settings=settings, uploads=self.uploads, correlation_id=event.id)
        row = RUNS.read(self.registry, run.production, run.run_id)
        if row is not None:
            if row.status == RunStatus.PREPARED:
                return RouteAnswer(outcome="already_prepared", detail=run.run_id)
            if row.holder is not None and self.executions.is_running(row.holder):
                return RouteAnswer(outcome="already_running", detail=run.run_id)
            run = run.model_copy(update={"attempt": row.body.run.attempt + 1})
        keys = FilmKeys.of(run)
        self.studio.put(keys.settings, settings.model_dump_json().encode(), "application/json")
        return RouteAnswer(outcome=self._start(run), detail=run.run_id)

    def _start(self, run: Run) -> Literal["started", "already_running"]:
        """Start under the first unused name.

        An execution that failed before it claimed the run has used a name, and no row counts it.
        """
        while True:
            name = execution_name(run.run_id, run.attempt)
            payload = {"run": run.model_dump(mode="json")}
            if self.executions.start(self.prepare_film_arn, name, payload):
                return "started"
            if self.executions.is_running(execution_arn(self.prepare_film_arn, name)):
                return "already_running"
            run = run.model_copy(update={"attempt": run.attempt + 1})

    def _settings(self, upload: UploadPlace, event: UploadEvent) -> RouteAnswer:
        """Bring the production's newest settings.yaml into force, or its deletion.

        An impossible one is reported once, and the last accepted settings stay in force.
        """
        newest = newest_settings(upload, self.uploads)
        try:
            accept_settings(upload, uploads=self.uploads, studio=self.studio, models=self.models)
        except SettingsRefused as fault:
            return self._notify(
                event,
                upload.production,
                settings_refused,
                key=settings_key(upload.folder),
                etag=newest.etag if newest else "",
                reason=fault.reason,
                advice=fault.advice,
            )
        return RouteAnswer(outcome="accepted", detail=settings_key(upload.folder))

    def _storyboard(self, storyboard: StoryboardFile, event: UploadEvent) -> RouteAnswer:
        """Raises SettingsRefused. Names of characters are judged by plan_storyboard."""
        uploaded = event.detail.object
        info = self.uploads.head(uploaded.key, uploaded.version_id)
        read_storyboard(self.uploads, uploaded.key, uploaded.version_id)
        request = {
            "production": storyboard.production,
            "storyboard_key": uploaded.key,
            "deployment_id": None,
            "correlation_id": event.id,
        }
        content = digest(f"{uploaded.key}:{info.version_id}:{info.etag}")
        name = f"{slug(storyboard.file_name)}-{content}"
        started = self.executions.start(self.draw_storyboard_arn, name, {"request": request})
        return RouteAnswer(outcome="started" if started else "already_running", detail=name)

    def _reference(self, reference: ReferenceFile, event: UploadEvent) -> RouteAnswer:
        # imports OpenCV: other uploads do not wait for it
        from onmodel.films.uploaded_picture import read_uploaded_picture

        uploaded = event.detail.object
        pixels = read_uploaded_picture(self.uploads, uploaded.key, uploaded.version_id)
        height, width = pixels.shape[:2]
        if min(height, width) < SMALLEST_REFERENCE:
            raise ReferenceRefused(
                f"{reference.file_name} is only {width} × {height} pixels",
                f"Upload a picture of at least {SMALLEST_REFERENCE} pixels a side",
            )
        body = ReferenceBody(
            character=reference.character,
            width=width,
            height=height,
            source=ObjectRef(
                bucket=self.uploads.bucket, key=uploaded.key, version_id=uploaded.version_id
            ),
        )
        REFERENCES.put(
            self.registry,
            reference.production,
            f"{reference.character}/{slug(reference.file_name)}",
            status=ReferenceStatus.RECORDED,
            body=body,
            now=self.clock(),
        )
        return RouteAnswer(outcome="recorded", detail=uploaded.key)

    def _own_production(self, upload: UploadPlace) -> None:
        self._own(PRODUCTIONS, upload.production, upload.production, upload.folder)

    def _own(
        self,
        rows: Rows[FolderBody, FolderStatus],
        production: str,
        identity: str,
        folder: str,
    ) -> None:
        """Two names with one slug would mix two things: the second is refused."""
        body = FolderBody(folder=folder)
        current = rows.read(self.registry, production, identity)
        if current is None:
            try:
                rows.create(
                    self.registry,
                    production,
                    identity,
                    status=FolderStatus.KNOWN,
                    body=body,
                    now=self.clock(),
                )
            except Conflict:
                current = rows.read(self.registry, production, identity)
        if current is not None and current.body != body:
            raise ReferenceRefused(
                f"The name {folder!r} is too similar to {current.body.folder!r}, which exists",
                "Give it a name that differs in letters or digits",
            )

    def _notify(
        self, event: UploadEvent, production: str, gather: FactsFunction, **extra: str
    ) -> RouteAnswer:
        uploaded = event.detail.object
        request = NotificationRequest(
            kind=gather.__name__,
            production=production,
            id=production,
            correlation_id=event.id,
            extra={
                "bucket": self.uploads.bucket,
                "key": uploaded.key,
                "etag": uploaded.etag,
                **extra,
            },
        )
        send_once(
            gather(request, Sources(self.registry, self.studio)),
            correlation_id=event.id,
            registry=self.registry,
            mailbox=self.mailbox,
            clock=self.clock,
        )
        return RouteAnswer(outcome="notified", detail=request.kind)


def _why_ignored(upload: Upload, event: UploadEvent) -> str | None:
    """What an object is that means nothing; None for one to look at."""
    if isinstance(upload, IgnoredUpload):
        return upload.why
    if event.detail.object.size == 0 and not isinstance(upload, SettingsFile):
        return "empty"  # programs that mount the bucket make one before they write the file
    return None
