"""How sure the names of a film are, in sentences."""

from __future__ import annotations

from onmodel.contracts.namers import NameThreshold


def threshold_in_words(needed: NameThreshold) -> tuple[str, ...]:
    """What a name needed, and its expected error; a sentence or two each."""
    how = (
        f"The {needed.similarity:.2f} was measured on the references and on this film."
        if needed.measured
        else f"The {needed.similarity:.2f} is set in settings.yaml."
    )
    least = (
        f"A figure gets the name of the character that it is most alike to, from a similarity of"
        f" {needed.similarity:.2f} on (1 is the same picture), when the next character is at least"
        f" {needed.margin:g} behind. {how}"
    )
    who_knows = "How many of the names here are wrong only a person can see."
    if not needed.tried:
        return (
            least,
            f"{who_knows} How often figures without references get a name is not known either: it"
            " is counted where figures are named and three characters or more have references, and"
            " not for very long films.",
        )
    what_helps = (
        " So give references of each figure that is often to be seen." if needed.misnamed else ""
    )
    return (
        least,
        f"{who_knows} A trial shows how often figures get a wrong name when nobody gave references"
        " of them: the film was named again without the references of each character in turn, and"
        f" {needed.misnamed:,} of {needed.tried:,} tracks"
        f" ({100 * needed.misnamed / needed.tried:.0f} %) got another character's"
        f" name.{what_helps}",
    )
