"""Decide what an upload means and set it going.

Called for every new object of the bucket, and for every settings.yaml that is deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from onmodel.contracts.base import ObjectRef
from onmodel.contracts.keys import MAIN_PRODUCTION
from onmodel.contracts.settings import AllowedModels
from onmodel.contracts.uploads import RouteAnswer, UploadEvent
from onmodel.errors import NotFound, ReferenceRefused, SettingsRefused
from onmodel.films.file_kinds import FileKind
from onmodel.films.folders import (
    ProductionFolders,
    known_production,
    production_of,
    record_production,
)
from onmodel.films.reference_rows import record_reference
from onmodel.films.settings import (
    accept_settings,
    newest_settings,
    settings_notices,
)
from onmodel.films.upload_layout import (
    FilmFile,
    IgnoredUpload,
    ReferenceFile,
    SettingsFile,
    StoryboardFile,
    UnknownUpload,
    Upload,
    UploadPlace,
    classify,
    production_name_in,
    settings_key,
)
from onmodel.notifications.facts.base import FactsFunction
from onmodel.notifications.facts.storyboards import storyboard_refused
from onmodel.notifications.facts.uploads import (
    reference_refused,
    settings_refused,
    upload_noticed,
    upload_refused,
    upload_unknown,
)
from onmodel.ports.machines import Clock, Executions
from onmodel.ports.registry import Registry
from onmodel.ports.storage import ObjectStore
from onmodel.registry.tombstones import is_being_deleted
from onmodel.steps.empty_uploads import watch_empty_upload
from onmodel.steps.route_film import RouteFilm
from onmodel.steps.upload_mails import UploadMails
from onmodel.storyboards.naming import drawing_name
from onmodel.storyboards.planning import read_storyboard, storyboard_notices


@dataclass(frozen=True)
class RouteUpload:
    """The services that routing needs."""

    uploads: ObjectStore
    studio: ObjectStore
    registry: Registry
    executions: Executions
    mails: UploadMails
    clock: Clock
    models: AllowedModels
    prepare_film_arn: str
    train_model_arn: str
    draw_storyboard_arn: str = ""

    def route(self, event: UploadEvent) -> RouteAnswer:
        """Handle one object; a repeated event changes nothing and costs nothing."""
        upload = classify(event.detail.object.key)
        answer = self._unread(upload, event)
        if answer is not None:
            return answer
        try:
            return self._by_kind(upload, event)
        except NotFound:
            return RouteAnswer(outcome="ignored", detail=f"{event.detail.object.key} is gone")
        except (ReferenceRefused, SettingsRefused) as fault:
            return self._notify(
                event,
                production_of(upload.folder, self.registry).id,
                storyboard_refused if isinstance(upload, StoryboardFile) else reference_refused,
                reason=fault.reason,
                advice=fault.advice,
            )

    def _unread(self, upload: Upload, event: UploadEvent) -> RouteAnswer | None:
        """The answer to what is not read; None for an upload that is."""
        uploaded = event.detail.object
        if event.is_deletion:
            return self._deleted(upload, event)
        if isinstance(upload, IgnoredUpload):
            return RouteAnswer(outcome="ignored", detail=f"{uploaded.key} is {upload.why}")
        if self._is_being_deleted(upload):
            # about main: the deletion would delete the record of a mail about the production
            name = production_name_in(uploaded.key)
            return self._notify(event, MAIN_PRODUCTION, upload_refused, deleted=name)
        if uploaded.size == 0 and not isinstance(upload, SettingsFile):
            return self._empty(upload, event)
        return None

    def _is_being_deleted(self, upload: Upload) -> bool:
        """Whether its production is. Then no row of it may be written.

        claim_run refuses a film whose execution was started just before.
        """
        if isinstance(upload, UnknownUpload):
            return False
        return is_being_deleted(production_of(upload.folder, self.registry).id, self.registry)

    def _empty(self, upload: Upload, event: UploadEvent) -> RouteAnswer:
        """Nothing to do yet; reconcile reports it when it stays so."""
        if not isinstance(upload, UnknownUpload):
            production = production_of(upload.folder, self.registry).id
            watch_empty_upload(event, production, registry=self.registry, clock=self.clock)
        return RouteAnswer(outcome="ignored", detail=f"{event.detail.object.key} is empty")

    def _by_kind(self, upload: Upload, event: UploadEvent) -> RouteAnswer:
        match upload:
            case FilmFile():
                return self._film(upload, self._production(upload), event)
            case ReferenceFile():
                return self._reference(upload, self._production(upload), event)
            case SettingsFile():
                production = self._production(upload)
                answer = self._settings(production, event)
                if answer.outcome == "accepted":
                    self._notice(event, production, settings_notices(production, self.uploads))
                return answer
            case StoryboardFile():
                return self._storyboard(upload, self._production(upload), event)
            case UnknownUpload(kind=FileKind(what, advice)):
                return self._notify(
                    event, MAIN_PRODUCTION, upload_unknown, what=what, advice=advice
                )
        return self._notify(event, MAIN_PRODUCTION, upload_unknown)

    def _deleted(self, upload: Upload, event: UploadEvent) -> RouteAnswer:
        """Deleted settings no longer hold; of anything else nothing has to be done."""
        if isinstance(upload, SettingsFile):
            production = known_production(upload.folder, self.registry)
            if production is not None:
                return self._settings(production, event)
        return RouteAnswer(outcome="ignored", detail=f"{event.detail.object.key} was deleted")

    def _film(
        self, film: FilmFile, production: ProductionFolders, event: UploadEvent
    ) -> RouteAnswer:
        self._settings(production, event)  # the newest settings' event may be late or lost
        return RouteFilm(
            uploads=self.uploads,
            studio=self.studio,
            registry=self.registry,
            executions=self.executions,
            clock=self.clock,
            models=self.models,
            prepare_film_arn=self.prepare_film_arn,
            train_model_arn=self.train_model_arn,
        ).route(film, production, self._source(event), event.id)

    def _settings(self, production: ProductionFolders, event: UploadEvent) -> RouteAnswer:
        """Bring the production's newest settings.yaml into force, or its deletion.

        An impossible one is reported once, and the last accepted settings stay in force.
        """
        newest = newest_settings(production, self.uploads)
        key = newest.key if newest else settings_key(production.folders[0])
        try:
            accept_settings(
                production, uploads=self.uploads, studio=self.studio, models=self.models
            )
        except SettingsRefused as fault:
            return self._notify(
                event,
                production.id,
                settings_refused,
                key=key,
                etag=newest.etag if newest else "",
                reason=fault.reason,
                advice=fault.advice,
            )
        return RouteAnswer(outcome="accepted", detail=key)

    def _storyboard(
        self, storyboard: StoryboardFile, production: ProductionFolders, event: UploadEvent
    ) -> RouteAnswer:
        """Raises SettingsRefused. Names of characters are judged by plan_storyboard."""
        uploaded = event.detail.object
        info = self.uploads.head(uploaded.key, uploaded.version_id)
        read_storyboard(self.uploads, uploaded.key, info.version_id)
        notices = storyboard_notices(self.uploads, uploaded.key, info.version_id)
        self._notice(event, production, notices)
        request = {
            "production": production.id,
            "storyboard_key": uploaded.key,
            "storyboard_version": info.version_id,
            "deployment_id": None,
            "correlation_id": event.id,
        }
        name = drawing_name(storyboard.file_name, info)
        started = self.executions.start(self.draw_storyboard_arn, name, {"request": request})
        return RouteAnswer(outcome="started" if started else "already_running", detail=name)

    def _reference(
        self, reference: ReferenceFile, production: ProductionFolders, event: UploadEvent
    ) -> RouteAnswer:
        # imports OpenCV: other uploads do not wait for it
        from onmodel.films.uploaded_picture import read_uploaded_picture

        uploaded = event.detail.object
        record = partial(
            record_reference,
            production.id,
            reference,
            self._source(event),
            registry=self.registry,
            clock=self.clock,
        )
        try:
            read = read_uploaded_picture(self.uploads, uploaded.key, uploaded.version_id)
        except ReferenceRefused:  # the reports of films name it as long as it lies there
            record(size=None)
            raise
        height, width = read.pixels.shape[:2]
        record(size=(width, height))
        return RouteAnswer(outcome="recorded", detail=uploaded.key)

    def _production(self, upload: UploadPlace) -> ProductionFolders:
        return record_production(upload.folder, self.registry, self.clock)

    def _source(self, event: UploadEvent) -> ObjectRef:
        uploaded = event.detail.object
        return ObjectRef(
            bucket=self.uploads.bucket, key=uploaded.key, version_id=uploaded.version_id
        )

    def _notice(
        self, event: UploadEvent, production: ProductionFolders, notices: tuple[str, ...]
    ) -> None:
        """Tell once what an accepted file may not say as it is meant."""
        if notices:
            self._notify(event, production.id, upload_noticed, notices="; ".join(notices))

    def _notify(
        self, event: UploadEvent, production: str, gather: FactsFunction, **extra: str
    ) -> RouteAnswer:
        uploaded = event.detail.object
        about = {"key": uploaded.key, "etag": uploaded.etag} | extra
        return RouteAnswer(
            outcome="notified", detail=self.mails.send(gather, production, event.id, **about)
        )
