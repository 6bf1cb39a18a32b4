"""Sets of claims, and whose networks they are judged by. Imports nothing heavy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.identity import Settings
from lstm_toys.studies import claims as study
from lstm_toys.studies.claims.claim import CLIPPED, COPY, Claim

NETWORKS = "networks"
"""The column of the networks that the verdicts are about."""

Change = Callable[[str, Settings], Settings | None]
"""From the name of a population and its settings to other ones; None where there are none."""


@dataclass(frozen=True)
class Claims:
    """Sentences about networks, to be judged by many of them. A module declares them under the name ``CLAIMS``.

    Attributes:
        title: what they are, in words.
        claims: in the order in which they are told.
        populations: the networks that they are about: an experiment, and flags of its command beyond its defaults, by
            the name that `Source` has for them.
        about: what the networks are, in words.
        published: gives answers that were published, as results of populations of one network, by name; a function of
            a module.
        data: files that it reads.
        controls: networks that were not trained, or on something else, by name: a claim that they meet as well loses
            its force. Each is a function from a population's name and settings to theirs.
        variants: networks of other shapes and budgets, likewise; they tell how far a verdict reaches.
        aspects: what a claim may be about, in words, and the variants that are all without it.

    Raises:
        ValueError: there is no claim, two claims or columns have one name, a claim has one that no flag can give, or is
            about a population that is not declared, or an argument is of another kind.

    Example:
        >>> import dataclasses
        >>> import lstm_toys as lt
        >>> experiment = lt.Experiment(
        ...     name="line",
        ...     doc="One line, to be returned as it is.",
        ...     defaults={"steps": 500, "learning_rate": 0.3},
        ...     goal=lt.Goal(rmse=0.03),
        ...     task=lambda x: lt.reproduce("line", {"slope": 0.3, "intercept": 0.1}, x),
        ...     probes=lambda x: [lt.probe("steeper", "line", {"slope": 0.9, "intercept": 0.1}, x)],
        ...     draw=lambda results, companions: {},
        ... )
        >>> def largest(lines):
        ...     return lines.answer.values.max(axis=(1, 2, 3))
        >>> CLAIMS = lt.Claims(
        ...     title="what I think of lines",
        ...     claims=(
        ...         lt.Claim(
        ...             id="steeper-within",
        ...             quote="A steeper line is answered as if it were the one that was trained on",
        ...             statistic="largest answer",
        ...             number=largest,
        ...             sources=(lt.Source("line", "steeper"),),
        ...             high=0.5,
        ...         ),
        ...     ),
        ...     populations={"line": (experiment, [])},
        ...     controls={"untrained networks": lambda name, settings: dataclasses.replace(settings, steps=0)},
        ... )
        >>> CLAIMS.ids
        ('steeper-within',)
    """

    title: str
    claims: tuple[Claim, ...]
    populations: Mapping[str, tuple[Experiment, Sequence[str]]]
    about: str = "these networks"
    published: Callable[[], study.evidence.Evidence] | None = None
    data: tuple[Path, ...] = ()
    controls: Mapping[str, Change] = field(default_factory=dict)
    variants: Mapping[str, Change] = field(default_factory=dict)
    aspects: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_kinds()
        columns = [NETWORKS, COPY, CLIPPED, *self.controls, *self.variants]
        for what, names in (("claim", self.ids), ("column", columns)):
            if twice := [name for name in names if list(names).count(name) > 1]:
                raise ValueError(f"there are two {what}s named {twice[0]!r}")
        if not self.claims:
            raise ValueError("there is no claim")
        if unknown := [name for names in self.aspects.values() for name in names if name not in self.variants]:
            raise ValueError(f"an aspect is told by {unknown[0]!r}, which is no variant")
        for claim in self.claims:
            if not re.fullmatch(r"\w[\w.-]*", claim.id) or claim.id == "all":
                rule = 'ids are letters, digits, and any of . - _, and not "all"'
                raise ValueError(f"claim {claim.id!r} cannot be named so: {rule}")
            told = [*claim.populations, *(source.population for each in claim.baselines for source in each.sources)]
            if unknown := [name for name in told if name not in self.populations]:
                every = ", ".join(self.populations)
                raise ValueError(f"claim {claim.id!r} is about {unknown[0]!r}; the populations are {every}")

    def _check_kinds(self) -> None:
        """Raises ValueError if an argument is not of its kind."""
        for name in ("title", "about"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise ValueError(f"{name} is text that is not empty, not {getattr(self, name)!r}")
        for name in ("claims", "data"):
            kind = Claim if name == "claims" else Path
            if not isinstance(getattr(self, name), tuple) or not all(isinstance(e, kind) for e in getattr(self, name)):
                raise ValueError(f"{name} is a tuple of {kind.__name__}, such as ({kind.__name__}(...),)")
        if missing := [path for path in self.data if not path.is_file()]:
            raise ValueError(f"data names {missing[0]}, and there is no such file")
        for name in ("populations", "controls", "variants", "aspects"):
            held = getattr(self, name)
            if not isinstance(held, Mapping) or not all(isinstance(each, str) and each for each in held):
                raise ValueError(f"{name} is a dictionary whose keys are names")
        for name, population in self.populations.items():
            if not _is_population(population):
                raise ValueError(f"population {name!r} is an experiment and its flags, such as (EXPERIMENT, [])")
        for name, change in {**self.controls, **self.variants}.items():
            if not callable(change):
                raise ValueError(f"{name!r} is a function from a population's name and settings, not {change!r}")
        if self.published is not None and not callable(self.published):
            raise ValueError("published is a function")

    @property
    def ids(self) -> tuple[str, ...]:
        """The names of the claims."""
        return tuple(claim.id for claim in self.claims)


def _is_population(population: Any) -> bool:
    """Whether something is an experiment and its flags."""
    if not isinstance(population, tuple) or len(population) != 2 or not isinstance(population[0], Experiment):
        return False
    return isinstance(population[1], list | tuple) and all(isinstance(flag, str) for flag in population[1])
