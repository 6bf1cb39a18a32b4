"""What was meant by a name that does not exist."""

import difflib
from collections.abc import Iterable

ALIKE = 0.7
"""How alike two names are at least, as `difflib` measures it, to be taken for each other."""

LEAST = 3
"""Letters by which a name has to begin another one."""


def meant(name: str, known: Iterable[str], prefix: str = "") -> str:
    """A question for the names that may have been meant, two at most; empty if there are none.

    Those are meant that are spelled alike, that share a word or a beginning, and that a name has the initials of.

    Args:
        name: that does not exist.
        known: names that do.
        prefix: of them, as they are typed.

    Example:
        >>> meant("lr", ["learning_rate", "steps"], "--")
        'did you mean --learning_rate?'
    """
    typed = name.lower().replace("-", "_")

    def alike(other: str) -> float:
        if typed in (other, "".join(word[0] for word in other.split("_") if word)):
            return 1.0
        ratio = difflib.SequenceMatcher(None, typed, other).ratio()
        short, long = sorted((typed, other), key=len)
        begins = len(short) >= LEAST and long.startswith(short)
        words = {word for word in typed.split("_") if len(word) >= LEAST}
        return ratio if ratio >= ALIKE or begins or words & {*other.split("_")} else 0.0

    found = sorted(((alike(other), other) for other in known), key=lambda each: (-each[0], each[1]))
    near = [f"{prefix}{other}" for likeness, other in found[:2] if likeness and (likeness == 1) == (found[0][0] == 1)]
    return f"did you mean {' or '.join(near)}?" if near else ""
