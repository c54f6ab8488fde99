"""What is told of an upload that is not a film: accepted, refused or unknown."""

from __future__ import annotations

from onmodel.notifications.mails.letter import Mail, letter, printable, sentence

LAYOUT = """\
  <production>/films/<film>                  a film
  <production>/characters/<name>/<picture>   a picture of a character
  <production>/settings.yaml                 the production's settings
  <production>/storyboards/<name>.yaml       a storyboard to draw"""


def upload_unknown(*, bucket: str, key: str, correlation_id: str) -> Mail:
    """A file that belongs nowhere in the layout; told once."""
    shown = printable(key)
    return letter(
        f"We do not know what to do with {shown}",
        "This file landed in the uploads bucket and was left alone, because its place says "
        "nothing about what it is:",
        f"  s3://{bucket}/{shown}",
        "The bucket is laid out like this:",
        LAYOUT,
        "A film may also lie at the root of the bucket; it then belongs to production “main”. "
        "Move the file to its place and it is taken up within seconds. Nothing was spent.",
        correlation_id=correlation_id,
    )


def settings_refused(
    *, production: str, key: str, reason: str, advice: str, correlation_id: str
) -> Mail:
    """A settings.yaml that does not fit; the last good one stays in force."""
    return letter(
        f"The settings of {production} cannot be used",
        f"{printable(key)} was not taken over:",
        _faults(reason),
        sentence(advice),
        "Until then the last settings that were accepted stay in force, or the defaults if there "
        "were none.",
        correlation_id=correlation_id,
    )


def reference_refused(
    *, production: str, key: str, reason: str, advice: str, correlation_id: str
) -> Mail:
    """A reference picture that cannot be used."""
    shown = printable(key)
    return letter(
        f"A reference picture of {production} cannot be used",
        f"{shown} was not taken as a reference:",
        f"  {sentence(reason)}",
        sentence(advice),
        "The other references and all films go on without it.",
        correlation_id=correlation_id,
    )


def storyboard_refused(
    *, production: str, key: str, reason: str, advice: str, correlation_id: str
) -> Mail:
    """A storyboard that cannot be drawn."""
    return letter(
        f"A storyboard of {production} cannot be drawn",
        f"{printable(key)} was not taken up:",
        _faults(reason),
        sentence(advice),
        "Nothing was started and nothing was spent.",
        correlation_id=correlation_id,
    )


def _faults(reason: str) -> str:
    """Each fault on a line of its own: validation lists them with semicolons."""
    return "\n".join(f"  {printable(part)}" for part in reason.split("; "))
