"""Describe one crop, and answer the task that waits for it.

The token is always answered: with success, or with a failure that the map counts. A repeated
message finds the answer of the first, also where the model gave no usable one, and pays nothing; a
new attempt, which has another token, asks again where there is no caption. A token whose task does
not wait any more counts as done.
A crop that comes with the faults of its caption is asked about once more (`check_captions`).
"""

from __future__ import annotations

import hashlib
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


def _keys(item: CaptionItem) -> DatasetKeys:
    return DatasetKeys(item.production, item.dataset_id)


def _hashed(token: str) -> str:
    """A task has one token, so this names the attempt; the token itself is a secret."""
    return hashlib.sha256(token.encode()).hexdigest()


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
            is_captioned = self._caption(message)
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

    def _caption(self, message: CaptionMessage) -> bool:
        """False when another invocation asks for this caption at this moment.

        SQS may deliver a message several times, also at once. The claim is taken over when the
        invocation that has it must have ended.

        Raises:
            AnswerRefused: also when it was raised for an earlier delivery of this message.
        """
        item = message.item
        captioner = self._captioner(item)
        picture = self.studio.get(item.key)
        claim = captioner.claim_key(item, picture)
        if not self.cache.claim(claim, CLAIM_SECONDS):
            return False
        try:
            # read under the claim: another delivery may have written it a moment ago
            answer = read_answer(item.crop_id, _keys(item), self.studio)
            if item.faults:
                self._ask_again(item, answer, captioner, picture)
            else:
                self._ask(message, answer, captioner, picture)
        except Exception:
            self.cache.release(claim)
            raise
        self.cache.release(claim)
        return True

    def _ask(
        self,
        message: CaptionMessage,
        earlier: CaptionAnswer | None,
        captioner: Captioner,
        picture: bytes,
    ) -> None:
        """Write down a caption, unless there is one, or write down why there is none."""
        item, token_hash = message.item, _hashed(message.token)
        if earlier is not None and earlier.caption is not None:
            return
        if earlier is not None and earlier.refused_token_hash == token_hash:
            raise AnswerRefused(earlier.reason)
        spent = earlier.usage if earlier is not None else ()
        caption = captioner.known(item.crop_id, item, picture)
        if caption is None:
            try:
                model = self.model(captioner.captions)
                caption, usage = captioner.ask(item.crop_id, item, picture, model)
            except AnswerRefused as refusal:
                self._write_failure(item, refusal, spent + refusal.usage, token_hash)
                raise
            except ServiceError as fault:
                if is_final(fault):
                    self._write_failure(item, fault, spent)
                raise
            spent = add_up(spent + usage)
        answer = CaptionAnswer(crop_id=item.crop_id, caption=caption, usage=spent)
        self._write(item, answer)

    def _ask_again(
        self,
        item: CaptionItem,
        answer: CaptionAnswer | None,
        captioner: Captioner,
        picture: bytes,
    ) -> None:
        """Ask for another caption, once."""
        caption = answer.caption if answer is not None else None
        if answer is None or caption is None:
            return
        if caption.repaired or caption.model == BY_A_PERSON:
            return
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
        self._write(item, asked)

    def _captioner(self, item: CaptionItem) -> Captioner:
        settings = Settings.from_stored(self.studio.get(_keys(item).settings))
        names = dict(item.names_beside)
        if item.character:
            names[item.character] = item.character_name
        return Captioner(settings.captions, settings.characters, self.cache, self.limits, names)

    def _write_failure(
        self,
        item: CaptionItem,
        fault: ServiceError,
        spent: tuple[Usage, ...],
        token_hash: str = "",
    ) -> None:
        """Store why there is no caption, and its cost, for the mail of a refused dataset."""
        failed = CaptionAnswer(
            crop_id=item.crop_id,
            caption=None,
            reason=str(fault),
            refused_token_hash=token_hash,
            usage=add_up(spent),
        )
        self._write(item, failed)

    def _write(self, item: CaptionItem, answer: CaptionAnswer) -> None:
        """Raises NotFound when the production was deleted while the model was asked.

        A message outlives its execution, and what is written after a deletion stays for ever.
        """
        self.studio.head(item.key)
        write_answer(answer, _keys(item), self.studio)

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
