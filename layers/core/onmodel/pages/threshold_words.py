"""How sure the names of a film are, in sentences."""

from __future__ import annotations

from onmodel.contracts.namers import NameThreshold


def threshold_in_words(needed: NameThreshold) -> tuple[str, ...]:
    """What a name needed, and its expected error; a sentence or two each."""
    how = (
        "This number was measured on the references and on this film."
        if needed.measured
        else "This number is fixed."
    )
    least = (
        f"A name needs a similarity of {needed.similarity:.2f} to the character, and the next"
        f" character at least {needed.margin:g} behind. {how}"
    )
    if not needed.tried:
        return (
            least,
            "Expected error: not known. It is counted where figures are named and three characters"
            " or more have references, and not for very long films.",
        )
    return (
        least,
        f"Expected error: {needed.misnamed:,} of {needed.tried:,} named tracks"
        f" ({100 * needed.misnamed / needed.tried:.0f} %) get another character's name when the"
        " references of their own character are left out. A figure of which there are no"
        " references is named wrongly about as often: give references of each figure that is"
        " often to be seen.",
    )
