"""Captions: from the Cache when the same picture was described with the same prompt, else new.

An answer that cannot be used is asked for once more, with its faults named; a second one is an
error. Filtered and empty answers are errors, never captions. A caption that has faults among all
captions of its dataset is asked for once more too, unless its picture was asked about twice before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import Field, ValidationError

from onmodel.contracts.base import Contract, Usage
from onmodel.contracts.captions import Caption
from onmodel.contracts.characters import Character
from onmodel.contracts.framing import FigurePlace, Framing
from onmodel.contracts.models import Picture, PictureLimits, Turn
from onmodel.contracts.settings import CaptionSettings
from onmodel.contracts.trainings import DatasetLimits
from onmodel.datasets.caption_check import CaptionText, gravity, own_faults
from onmodel.datasets.captions import caption_of
from onmodel.datasets.needless_words import without_needless_words
from onmodel.datasets.prompting import (
    CaptionPrompt,
    CaptionSubject,
    answer_with,
    caption_cache_parameters,
    caption_prompt,
    repair_prompt,
    revision_prompt,
)
from onmodel.errors import AnswerRefused, ReferenceRefused, ServiceError
from onmodel.formats.wording import person_name
from onmodel.money.paid_answers import cache_key
from onmodel.money.pricebook import add_up
from onmodel.observability import logger
from onmodel.ports.models import CaptionModel
from onmodel.ports.storage import Cache
from onmodel.vision.picture_header import read_header

MOST_ASKS = 2
"""Calls for one caption: the first, and one that names the faults of its answer. It comes at once,
or after the check of all captions."""


class Recognised(Protocol):
    """Who was recognised on a picture, and how: a `DatasetItem` and a `CaptionItem` say it."""

    @property
    def character(self) -> str | None: ...

    @property
    def beside(self) -> tuple[str, ...]: ...

    @property
    def framing(self) -> Framing | None: ...

    @property
    def place(self) -> FigurePlace | None: ...

    @property
    def worn(self) -> str: ...


class KnownCaption(Contract):
    """A caption in the Cache."""

    text: str = Field(min_length=1)
    repaired: bool
    first: str = Field(
        default="",
        exclude_if=lambda first: not first,
        description="what the check of all captions changed",
    )


@dataclass(frozen=True)
class Captioner:
    """Describes crops of one production under one snapshot of its settings, for one trainer."""

    captions: CaptionSettings
    characters: Mapping[str, Character]
    cache: Cache
    limits: DatasetLimits
    names: Mapping[str, str] = field(default_factory=dict)
    """For people, of characters that only people gave to crops; by slug."""

    def known(self, crop_id: str, who: Recognised, picture: bytes) -> Caption | None:
        """The cached caption; None without one, or when its length is not the trainer's."""
        kept = self.cache.get(self._key(self._prompt(who), picture))
        if kept is None:
            return None
        try:
            caption = KnownCaption.from_stored(kept)
        except ValidationError:
            logger.warning("a cached caption is corrupt and is paid for again", crop_id=crop_id)
            return None
        least, most = self.limits.min_caption_characters, self.limits.max_caption_characters
        if not least <= len(caption.text) <= most:
            return None
        return self._caption(crop_id, caption)

    def ask(
        self, crop_id: str, who: Recognised, picture: bytes, model: CaptionModel
    ) -> tuple[Caption, tuple[Usage, ...]]:
        """A new caption, and what it cost.

        Raises:
            AnswerRefused: filtered, empty, or not usable even after the repair; with its cost.
            Throttled, ServiceUnavailable: from the service; the usage of this call is not counted.
        """
        subject, prompt = self._subject(who), self._prompt(who)
        sent = _picture(picture, model.picture_limits)
        turns = (Turn(role="user", text=prompt.task, picture=sent),)
        reply = model.ask(turns, system=prompt.system)
        usage = reply.usage
        text, faults = caption_of(reply.text, subject, self.limits)
        repaired = text is None
        if text is None:
            again = (
                *turns,
                Turn(role="assistant", text=reply.text),
                Turn(role="user", text=repair_prompt(faults)),
            )
            try:
                reply = model.ask(again, system=prompt.system)
            except AnswerRefused as refusal:
                raise AnswerRefused(str(refusal), add_up(usage + refusal.usage)) from refusal
            usage = add_up(usage + reply.usage)
            text, faults = caption_of(reply.text, subject, self.limits)
        if text is None:
            raise AnswerRefused(f"no usable caption after a repair: {'; '.join(faults)}", usage)
        caption = KnownCaption(text=text, repaired=repaired)
        self._keep(self._key(prompt, picture), caption)
        return self._caption(crop_id, caption), usage

    def ask_again(
        self,
        caption: Caption,
        faults: Sequence[str],
        who: Recognised,
        picture: bytes,
        model: CaptionModel,
    ) -> tuple[Caption, tuple[Usage, ...]]:
        """A caption in place of one that has faults among all others, and what it cost.

        It is kept in place of that one, so that no later dataset asks again. An answer that cannot
        be used, or has more faults by itself, changes nothing but that the picture was asked about.

        Raises:
            Throttled, ServiceUnavailable: from the service; the usage of this call is not counted.
        """
        subject, prompt = self._subject(who), self._prompt(who)
        text = None
        try:
            sent = _picture(picture, model.picture_limits)
            reply = model.ask(
                (
                    Turn(role="user", text=prompt.task, picture=sent),
                    Turn(role="assistant", text=answer_with(caption.text)),
                    Turn(role="user", text=revision_prompt(faults)),
                ),
                system=prompt.system,
            )
        except AnswerRefused as refusal:
            usage = refusal.usage
        else:
            usage = reply.usage
            text, _ = caption_of(reply.text, subject, self.limits)
        if text is not None:
            names = [each.name for each in subject.characters.values()]
            text = without_needless_words(text, names, self.limits.min_caption_characters)
        known = KnownCaption(text=caption.text, repaired=True, first=caption.first)
        if text is not None and text != caption.text and not self._is_worse(text, caption, subject):
            known = KnownCaption(text=text, repaired=True, first=caption.first or caption.text)
        self._keep(self._key(prompt, picture), known)
        return self._caption(caption.crop_id, known), usage

    @staticmethod
    def _is_worse(text: str, caption: Caption, subject: CaptionSubject) -> bool:
        """Whether a new text has graver faults by itself than the caption that it would replace."""
        new, old = (
            gravity(
                own_faults(CaptionText(each, subject.character, subject.beside), subject.characters)
            )
            for each in (text, caption.text)
        )
        return new > old

    def _subject(self, who: Recognised) -> CaptionSubject:
        """A character that only a person gave to crops is in the prompts of crops that show it.

        In the prompts of all crops it would make all captions new, and paid for again.
        """
        characters, own = dict(self.characters), who.character
        beside = tuple(slug for slug in who.beside if slug != own)
        for slug in (own, *beside):
            if slug is not None and slug not in characters:
                characters[slug] = Character(name=self.names.get(slug) or person_name(slug))
        return CaptionSubject(
            character=own,
            characters=characters,
            beside=beside,
            framing=who.framing,
            place=who.place,
            look=who.worn,
        )

    def _prompt(self, who: Recognised) -> CaptionPrompt:
        return caption_prompt(self._subject(who), self.captions)

    def claim_key(self, who: Recognised, picture: bytes) -> str:
        """Names the answer that is paid for: the same picture, prompt and model."""
        return self._key(self._prompt(who), picture)

    def _key(self, prompt: CaptionPrompt, picture: bytes) -> str:
        parameters = caption_cache_parameters(prompt, self.captions)
        return cache_key("caption", self.captions.model, parameters, picture)

    def _caption(self, crop_id: str, caption: KnownCaption) -> Caption:
        return Caption(
            crop_id=crop_id,
            text=caption.text,
            model=self.captions.model,
            repaired=caption.repaired,
            first=caption.first,
        )

    def _keep(self, key: str, caption: KnownCaption) -> None:
        """Store a caption. An error is logged: the caption is used all the same."""
        try:
            self.cache.put(key, caption.model_dump_json().encode())
        except ServiceError as fault:
            logger.warning("a caption could not be cached", cache_key=key, fault=str(fault))


def _picture(data: bytes, limits: PictureLimits) -> Picture:
    """A picture that the model takes. Raises AnswerRefused for a file that no model takes."""
    header = read_header(data)
    if header is None or header.format == "webp":
        raise AnswerRefused("the picture is neither JPEG nor PNG")
    if len(data) <= limits.size_bytes and max(header.width, header.height) <= limits.longest_side:
        return Picture(format=header.format, data=data)
    return Picture(format="jpeg", data=_shrunk(data, limits))


def _shrunk(data: bytes, limits: PictureLimits) -> bytes:
    # imports OpenCV: few crops are larger than a model's limit
    from onmodel.vision.decoding import decode_picture
    from onmodel.vision.encoding import encode_for_service

    try:
        pixels = decode_picture(data).pixels
    except ReferenceRefused as fault:
        raise AnswerRefused(f"the picture cannot be sent: {fault.reason}") from fault
    return encode_for_service(pixels, limits.longest_side, limits.size_bytes)
