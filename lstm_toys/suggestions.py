"""Suggests existing names for an unknown name."""

import difflib
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import Any

import lazy_loader

ALIKE = 0.7
LEAST = 3
"""Least similarity, as `difflib` measures it, and least number of letters of a shared beginning or word."""


def meant(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Asks whether one of at most two similar names was meant; empty if no name is similar.

    Names are similar if they are spelled alike, share a word or a beginning, or have the typed initials, such as
    ``lr``.
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

    ranked = sorted(((alike(other), other) for other in known), key=lambda each: (-each[0], each[1]))
    near = [f"{prefix}{other}" for likeness, other in ranked[:2] if likeness and (likeness == 1) == (ranked[0][0] == 1)]
    return f"did you mean {' or '.join(near)}?" if near else ""


def attach_stub(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Attaches the names in a package's stub like `lazy_loader.attach_stub`; an unknown name gets a suggestion."""
    load, names, public = lazy_loader.attach_stub(package, file)

    def found(name: str) -> Any:
        if name in public:
            return load(name)
        # Importing a module of the package asks for its name first.
        hint = "" if name.startswith("_") or find_spec(f"{package}.{name}") else meant(name, public)
        # With the name alone, Python adds no suggestion of its own.
        raise AttributeError(f"module {package!r} has no attribute {name!r}" + f"; {hint}" * bool(hint), name=name)

    return found, names, public
