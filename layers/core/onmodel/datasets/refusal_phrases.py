"""Recognises an answer that is a refusal or a placeholder instead of a description.

Phrases count at the beginning of the answer, or where they speak about seeing: "Buck cannot reach
the apple" is a description, "I cannot identify Buck" is none.
"""

from __future__ import annotations

import re

_FIRST_WORDS = (
    # English
    r"(?:i['’]?m|i am|we['’]?re|we are)\s+(?:\w+\s+)?(?:sorry|afraid|unable|not able)\b",
    r"(?:sorry|apologies|unfortunately)\b[,.!]?\s+(?:but\s+)?(?:i|we)\b",
    r"(?:i|we)\s+(?:can['’]?t|cannot|can not|could not|couldn['’]?t|am unable|do not|don['’]?t)\b",
    r"(?:unable|not able|impossible)\s+to\b",
    r"(?:i|we) apologi[sz]e\b", r"please (?:provide|upload|share|send)\b", r"error\s*:",
    r"it is (?:not clear|unclear)\b",
    r"as an? (?:ai|language model)\b",
    r"no (?:description|caption|image|picture)\b",
    # French, German, Spanish, Portuguese, Italian, Dutch
    r"(?:je suis )?désolée?\b", r"je ne (?:peux|suis)\b", r"impossible d",
    r"(?:es )?tut mir leid\b", r"ich kann\b", r"leider kann ich\b",
    r"lo siento\b", r"no puedo\b", r"no es posible\b",
    r"desculpe\b", r"não (?:posso|consigo|é possível)\b", r"lamento\b",
    r"mi dispiace\b", r"non (?:posso|è possibile)\b",
    r"het spijt me\b", r"ik kan\b",
    r"przepraszam\b", r"nie mogę\b",
    # Turkish, Vietnamese, Indonesian, Swedish, Danish, Norwegian
    r"üzgünüm\b", r"maalesef\b", r"xin lỗi\b", r"tôi không thể\b", r"maaf\b",
    r"tyvärr\b", r"jag kan inte\b", r"desværre\b", r"beklager\b",
    # Thai, Arabic, Hindi
    r"ขออภัย", r"ขอโทษ", r"عذر", r"آسف", r"لا (?:أستطيع|يمكنني)",
    r"क्षमा", r"माफ", r"मुझे खेद",
    # Russian, Japanese, Chinese, Korean
    r"(?:извините|простите|к сожалению)\b", r"я не могу\b",
    r"申し訳", r"すみません",
    r"(?:很|非常)?抱歉", r"对不起", r"對不起", r"我(?:无法|無法|不能)", r"죄송",
)  # fmt: skip
_ANYWHERE = (
    r"\b(?:is|are|was) not (?:visible|shown|present|in the (?:image|picture))\b",
    r"\b(?:cannot|can['’]?t|could not) be (?:identified|seen|determined|described)\b",
    r"\b(?:cannot|can['’]?t) be made out\b",
    r"\bno \w+ can be seen\b",
    r"\btoo (?:blurry|dark) to\b",
    r"\bcontent (?:policy|policies|filtered)\b",
    r"\blorem ipsum\b",
    r":\s*(?:n/?a|none|null)\W*$",
    r"[\[<][\w ]*\b(?:description|caption|text)\b[\w ]*[\]>]",
    r"\b(?:description|caption|text) (?:of \w+ )?goes here\b",
    r"\b(?:identify|identification|recogni[sz]e)\b.*\bfacial features\b",
)
_REFUSAL = re.compile(rf"^\W*(?:{'|'.join(_FIRST_WORDS)})|{'|'.join(_ANYWHERE)}", re.IGNORECASE)

_PLACEHOLDER = re.compile(
    r"^\W*(?:(?:your|the|some|insert|example|placeholder|alt)?[ _-]*"
    r"(?:text|caption|description|alt[ _-]?text)(?:[ _-]*(?:here|goes here))?"
    r"|n/?a|none|null|string|tbd|todo|undefined)?\W*$",
    re.IGNORECASE,
)


def is_refusal(text: str) -> bool:
    """Whether the answer says that it does not describe the picture."""
    return _REFUSAL.search(text) is not None


def is_placeholder(text: str) -> bool:
    """Whether the answer repeats the form ("your text", "...") instead of filling it in."""
    return _PLACEHOLDER.match(text) is not None
