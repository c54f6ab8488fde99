"""Describe one crop, and answer the task that waits for it.

The token is always answered: with success, or with a failure that the map counts. A repeated
message finds the caption in the Cache; a token whose task does not wait any more counts as done.
A crop that comes with the faults of its caption is asked about once more (`check_captions`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from onmodel.contracts.base import Usage
from onmodel.contracts.captions import BY_A_PERSON, CaptionAnswer, CaptionItem, CaptionMessage
from onmodel.contracts.keys import DatasetKeys
from onmodel.contracts.settings import CaptionSettings, Settings
from onmodel.contracts.trainings import DatasetLimits
from onmodel.datasets.caption_answers import read_answer, write_answer
from onmodel.datasets.captioning import Captioner
from onmodel.errors import (
    AccessDenied,
    AnswerRefused,
    NotFound,
    OnmodelError,
    ServiceError,
    Throttled,
)
from onmodel.money.pricebook import add_up
from onmodel.observability import logger
from onmodel.ports.machines import TaskTokens
from onmodel.ports.models import CaptionModel
from onmodel.ports.storage import Cache, ObjectStore

LAST_RECEIVE = 5
"""maxReceiveCount of the queue: after another failure the message would be a dead letter."""

MOST_THROTTLES = 40
"""Times a message is put back; with up to 15 minutes each, longer than the task's 6 hours."""

CLAIM_SECONDS = 330
"""Longer than the function's timeout of 300 s: a claim is taken over from an ended invocation."""

CLAIMED_PAUSE_SECONDS = 60
"""Until a message is looked at again whose caption another invocation asks for."""

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 15, 900  # SQS delays 15 minutes at most


def is_final(fault: Exception) -> bool:
    """Whether another call would have, and cost, the same result.

    Denied access and a ServiceError of no subclass do not pass with time.
    """
    final = AccessDenied | AnswerRefused | NotFound
    return type(fault) is ServiceError or isinstance(fault, final)


class CaptionQueue(Protocol):
    """The queue that the messages came from."""

    def send(self, body: str, delay_seconds: int) -> None: ...


@dataclass(frozen=True)
class CaptionCrop:
    """The services that captioning needs, and the trainer's limits.

    `model` is chosen by the dataset's settings.
    """

    studio: ObjectStore
    cache: Cache
    model: Callable[[CaptionSettings], CaptionModel]
    tokens: TaskTokens
    queue: CaptionQueue
    limits: DatasetLimits

    def caption(self, message: CaptionMessage, receives: int) -> None:
        """Caption and answer; after an exception the queue delivers the message again.

        Args:
            message: token and crop.
            receives: how often it was delivered, this time included.

        Raises:
            Exception: a failure that may pass, and this is not the last receive.
        """
        item = message.item
        try:
            is_captioned = self._caption(item)
        except Throttled as fault:
            if message.throttled >= MOST_THROTTLES:
                self._fail(message, fault)
            else:
                self._put_back(message)
        except Exception as fault:
            if is_final(fault):
                self._fail(message, fault)
                return
            if receives < LAST_RECEIVE:
                raise
            logger.exception("the last receive failed", crop_id=item.crop_id)
            self._fail(message, fault)
        else:
            if is_captioned:
                self._succeed(message)
            else:
                self._look_again_later(message)

    def _caption(self, item: CaptionItem) -> bool:
        """False when another invocation asks for this caption at this moment.

        SQS may deliver a message several times at once. The claim is taken over when the invocation
        that has it must have ended.
        """
        keys = DatasetKeys(item.production, item.dataset_id)
        known = read_answer(item.crop_id, keys, self.studio)
        if item.faults:
            return known is None or known.caption is None or self._ask_again(item, known)
        if known is not None and known.caption is not None:
            return True
        captioner = self._captioner(item, keys)
        picture = self.studio.get(item.key)
        spent = known.usage if known is not None else ()
        caption = captioner.known(item.crop_id, item, picture)
        claim = captioner.claim_key(item, picture)
        is_new = caption is None
        if caption is None:
            if not self.cache.claim(claim, CLAIM_SECONDS):
                return False
            try:
                caption, usage = captioner.ask(
                    item.crop_id, item, picture, self.model(captioner.captions)
                )
            except ServiceError as fault:
                if is_final(fault):
                    self._write_down(item, fault, spent)
                self.cache.release(claim)
                raise
            spent = add_up(spent + usage)
        answer = CaptionAnswer(crop_id=item.crop_id, caption=caption, usage=spent)
        write_answer(answer, keys, self.studio)
        if is_new:
            self.cache.release(claim)
        return True

    def _ask_again(self, item: CaptionItem, answer: CaptionAnswer) -> bool:
        """Ask for another caption, once; False while another invocation does."""
        caption = answer.caption
        if caption is None or caption.repaired or caption.model == BY_A_PERSON:
            return True
        keys = DatasetKeys(item.production, item.dataset_id)
        captioner = self._captioner(item, keys)
        picture = self.studio.get(item.key)
        claim = captioner.claim_key(item, picture)
        if not self.cache.claim(claim, CLAIM_SECONDS):
            return False
        try:
            again = captioner.known(item.crop_id, item, picture)
            usage: tuple[Usage, ...] = ()
            if again is None or not again.repaired:  # else paid for, and not written down
                again, usage = captioner.ask_again(
                    caption, item.faults, item, picture, self.model(captioner.captions)
                )
            asked = CaptionAnswer(
                crop_id=item.crop_id,
                caption=again,
                usage=add_up(answer.usage + usage),
                asked_again=True,
            )
            write_answer(asked, keys, self.studio)
        finally:
            self.cache.release(claim)
        return True

    def _captioner(self, item: CaptionItem, keys: DatasetKeys) -> Captioner:
        settings = Settings.model_validate_json(self.studio.get(keys.settings))
        names = {item.character: item.character_name} if item.character else {}
        return Captioner(settings.captions, settings.characters, self.cache, self.limits, names)

    def _write_down(self, item: CaptionItem, fault: ServiceError, spent: tuple[Usage, ...]) -> None:
        """Store why there is no caption, and its cost, for the mail of a refused dataset."""
        paid = fault.usage if isinstance(fault, AnswerRefused) else ()
        failed = CaptionAnswer(
            crop_id=item.crop_id, caption=None, reason=str(fault), usage=add_up(spent + paid)
        )
        write_answer(failed, DatasetKeys(item.production, item.dataset_id), self.studio)

    def _succeed(self, message: CaptionMessage) -> None:
        """Answer the task; the caption is in S3, so that the answer is small."""
        if not self.tokens.succeed(message.token, {}):
            logger.info("no task waits for this caption any more", crop_id=message.item.crop_id)

    def _fail(self, message: CaptionMessage, fault: Exception) -> None:
        name = type(fault).__name__ if isinstance(fault, OnmodelError) else "CaptionFailed"
        logger.warning("no caption: %s", fault, crop_id=message.item.crop_id)
        if not self.tokens.fail(message.token, name, str(fault)[:2000]):
            logger.info("no task waits for this caption any more", crop_id=message.item.crop_id)

    def _put_back(self, message: CaptionMessage) -> None:
        """Send a copy with a delay: a throttled call then does not count as a receive."""
        pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**message.throttled)
        later = message.model_copy(update={"throttled": message.throttled + 1})
        self.queue.send(later.model_dump_json(), pause)
        logger.info("throttled; put back", crop_id=message.item.crop_id, seconds=pause)

    def _look_again_later(self, message: CaptionMessage) -> None:
        """By then the caption is there, or the other invocation has ended."""
        self.queue.send(message.model_dump_json(), CLAIMED_PAUSE_SECONDS)
        logger.info("claimed by another invocation; put back", crop_id=message.item.crop_id)
