"""What a part of the page is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .runs import FinishedRun


@dataclass(frozen=True)
class Made:
    """What a part is made from.

    Attributes:
        given: to its template.
        data: to its script, as JSON has it.
        blocks: of numbers for its script, in base64, by name.
    """

    given: Mapping[str, Any]
    data: Mapping[str, Any] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """A part of the page.

    Attributes:
        name: of its template, `parts/NAME.html`.
        make: from finished runs, by name, to what it is made from; None where they do not make one.
        script: whether there is a `parts/NAME.js`.
    """

    name: str
    make: Callable[[Mapping[str, FinishedRun]], Made | None]
    script: bool = False
