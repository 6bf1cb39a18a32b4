"""Parts of the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .runs import FinishedRun


@dataclass(frozen=True)
class Made:
    """Content of a part.

    Attributes:
        given: values for its template.
        data: data for its script, in the form that JSON stores.
        blocks: numbers for its script, in base64, by name.
    """

    given: Mapping[str, Any]
    data: Mapping[str, Any] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """A part of the page.

    Attributes:
        name: name of its template, `parts/NAME.html`.
        make: from finished runs, by name, to its content; None if the runs are not sufficient.
        script: whether there is a `parts/NAME.js`.
    """

    name: str
    make: Callable[[Mapping[str, FinishedRun]], Made | None]
    script: bool = False
