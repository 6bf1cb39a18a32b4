"""Suggests existing names for an unknown name."""

import difflib
from collections.abc import Iterable


def meant(name: str, known: Iterable[str]) -> str:
    """Asks whether one of at most two names that are spelled alike was meant; empty if there is none."""
    typed, every = name.lower().replace("-", "_"), [*known]
    near = [typed] if typed in every else difflib.get_close_matches(typed, every, n=2)
    return f"did you mean {' or '.join(near)}?" if near else ""
