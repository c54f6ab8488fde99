"""Checks a text against the number of characters that a model reads."""

from __future__ import annotations


def characters_fault(text: str, most: int) -> str | None:
    """Why a text is too long, as a clause without its subject; None when it is not."""
    if len(text) <= most:
        return None
    return f"has {len(text):,} characters, at most {most:,} are read"
