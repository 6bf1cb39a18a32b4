"""Declares sets of claims and the populations that they are tested on. Imports nothing heavy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from lstm_toys import arguments
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.identity import Settings
from lstm_toys.studies import claims as study
from lstm_toys.studies.claims.claim import CLIPPED, COPY, Claim

NETWORKS = "networks"
"""The column of the networks that the claims are about."""

DURING = "during training"
"""The column of the networks after several numbers of steps."""

Change = Callable[[str, Settings], Settings | None]
"""Maps the name and settings of a population to changed settings, or to None to skip the population."""

CHANGES = "a function of a population's name and settings"

Counted = Literal["all", "learned", "equal loss"]


@dataclass(frozen=True)
class Variant:
    """A variant of the networks: how their settings change, and which of them count.

    Attributes:
        change: function that returns the changed settings of a population.
        networks: ``"all"``; ``"learned"``: those that meet the goal of their experiment; ``"equal loss"``: each
            after the first of the steps in `Settings.keep_steps` at which its training loss is at most the median final
            loss of the networks that the claims are about; networks that never reach it are excluded. Claims with
            ``learned=True`` count all networks, and are not tested with ``"equal loss"``.

    Raises:
        ValueError: an argument has the wrong type.

    Example:
        >>> import dataclasses
        >>> import lstm_toys as lt
        >>> def gru(name, settings):
        ...     return dataclasses.replace(settings, cell="gru")
        >>> lt.Variant(gru, networks="learned").networks
        'learned'
    """

    change: Change
    networks: Counted = "all"

    def __post_init__(self) -> None:
        arguments.function("change", self.change, CHANGES, 2)
        arguments.choice("networks", self.networks, *get_args(Counted))


@dataclass(frozen=True)
class Claims:
    """A set of claims and the populations that they are tested on. A module declares it as ``CLAIMS``.

    Attributes:
        title: the title of tables.
        claims: the claims, in the order of tables. An id has letters, digits and ``.``, ``-``, ``_``, and is not "all".
        populations: mapping from the name that `Source` uses to an experiment and command-line flags that override its
            defaults.
        about: a description of the networks.
        published: a module-level function that returns published answers: a mapping from populations to the results of
            one network.
        data: files that ``published`` reads.
        controls: mapping from names to networks that were not trained or were trained on something else. A claim that
            they also meet says little about the trained networks, unless it states that networks fail.
        variants: mapping from names to networks of other kinds or training lengths, which show how far a verdict
            generalizes.
        aspects: mapping from the description of a property, such as "hard gates", to the names of the variants whose
            networks lack it.
        during: mapping from populations to earlier numbers of steps in the same training after which claims about only
            this population are also tested.

    Raises:
        ValueError: there are no claims, two claims or columns share a name, a claim's id is invalid, a claim uses an
            undeclared population, or an argument has the wrong type.

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
    variants: Mapping[str, Change | Variant] = field(default_factory=dict)
    aspects: Mapping[str, Sequence[str]] = field(default_factory=dict)
    during: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_kinds()
        columns = [NETWORKS, DURING, COPY, CLIPPED, *self.controls, *self.variants]
        for what, names in (("claim", self.ids), ("column", columns)):
            if twice := [name for name in names if list(names).count(name) > 1]:
                raise ValueError(f"two {what}s are named {twice[0]!r}")
        if not self.claims:
            raise ValueError("claims must not be empty")
        if unknown := [name for names in self.aspects.values() for name in names if name not in self.variants]:
            raise ValueError(f"aspects names {unknown[0]!r}, which is not a variant")
        if unknown := [name for name in self.during if name not in self.populations]:
            raise ValueError(
                f"during names {unknown[0]!r}, but the populations are {', '.join(self.populations)}; "
                "leave it out of during"
            )
        for claim in self.claims:
            if not re.fullmatch(r"\w[\w.-]*", claim.id) or claim.id == "all":
                rule = 'use letters, digits, ".", "-" and "_", and not "all"'
                raise ValueError(f"invalid id of a claim {claim.id!r}: {rule}")
            used = [*claim.populations, *(source.population for each in claim.baselines for source in each.sources)]
            if unknown := [name for name in used if name not in self.populations]:
                every = ", ".join(self.populations)
                raise ValueError(
                    f"claim {claim.id!r} uses {unknown[0]!r}, but the populations are {every}; "
                    "leave the claim out of claims, or declare the population"
                )

    def _check_kinds(self) -> None:
        """Raises ValueError if an argument has the wrong type."""
        for name in ("title", "about"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name).strip():
                raise ValueError(f"{name} must be text that is not empty, not {arguments.brief(getattr(self, name))}")
            arguments.text(name, getattr(self, name))
        for name in ("claims", "data"):
            kind = Claim if name == "claims" else Path
            if not isinstance(getattr(self, name), tuple) or not all(isinstance(e, kind) for e in getattr(self, name)):
                raise ValueError(f"{name} must be a tuple of {kind.__name__}, such as ({kind.__name__}(...),)")
        if missing := [path for path in self.data if not path.is_file()]:
            raise ValueError(f"data names {missing[0]}, which is not a file")
        for name in ("populations", "controls", "variants", "aspects", "during"):
            held = getattr(self, name)
            if not isinstance(held, Mapping) or not all(isinstance(each, str) and each for each in held):
                raise ValueError(f"{name} must be a dictionary whose keys are names")
            for each in held:
                arguments.text(f"a key of {name}", each)
        for name, population in self.populations.items():
            if not _is_population(population):
                raise ValueError(f"population {name!r} must be an experiment and its flags, such as (EXPERIMENT, [])")
        for name, change in {**self.controls, **self.variants}.items():
            if not isinstance(change, Variant) or name in self.controls:
                arguments.function(repr(name), change, CHANGES, 2)
        for name, steps in self.during.items():
            if not isinstance(steps, Sequence) or not all(isinstance(each, int) and each >= 0 for each in steps):
                raise ValueError(
                    f"during[{name!r}] must be a sequence of numbers of steps, not {arguments.brief(steps)}"
                )
            if len(set(steps)) < 2 or sorted(set(steps)) != list(steps):
                raise ValueError(f"during[{name!r}] must have at least two numbers of steps, in ascending order")
        if self.published is not None:
            arguments.function("published", self.published, "a function without arguments, or None", 0)

    def variant(self, name: str) -> Variant:
        """A variant by name; a function stands for one that counts all networks."""
        declared = self.variants[name]
        return declared if isinstance(declared, Variant) else Variant(declared)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all claims."""
        return tuple(claim.id for claim in self.claims)


def _is_population(population: Any) -> bool:
    if not isinstance(population, tuple) or len(population) != 2 or not isinstance(population[0], Experiment):
        return False
    return isinstance(population[1], list | tuple) and all(isinstance(flag, str) for flag in population[1])
