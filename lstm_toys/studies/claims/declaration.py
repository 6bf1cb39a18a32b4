"""Declares claims: a statement, one number per network, thresholds, and the populations to test it on.

Imports nothing heavy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Bool, Float

from lstm_toys import arguments
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.identity import Settings
from lstm_toys.statistics.intervals import Estimate
from lstm_toys.studies import claims as study
from lstm_toys.studies.claims.recipes import Recipes
from lstm_toys.tasks.parameters import HISTORY, TRAINING

Verdict = Literal["supported", "refuted", "undecided", "ours higher", "theirs higher"]
VERDICTS = get_args(Verdict)

ANSWERS: Mapping[Verdict, Verdict] = {"supported": "ours higher", "refuted": "theirs higher"}
"""What verdicts are called where it is asked which of two populations has higher numbers."""

NETWORKS, DURING = "networks", "during training"
"""Columns: the networks that the claims are about, and these networks after several numbers of steps."""

RECIPES = "new recipes"
"""The column of networks of drawn recipes."""

COPY, CLIPPED = "copy", "clipped copy"
"""Models without a network on which claims are also tested."""

INPUT, TRUTH = "input", "true value"
"""The answers of these models: the input or, if networks read numbers off a curve, the true value."""

Number = Callable[..., Float[np.ndarray, " S"]]
"""Maps one dataset per source to one number per network, NaN where the number is undefined."""

Change = Callable[[str, Settings], Settings | None]
"""Maps the name and settings of a population to changed settings, or to None to skip the population."""

Counted = Literal["all", "learned", "equal loss"]

Role = Literal["published", "networks", "null", "controls", "variants", "during", "recipes"]


THRESHOLD = "threshold"
"""The kind of other thresholds; other numbers have kinds of their own, see `Claim`."""


def verdict(share: Estimate) -> Verdict:
    """Compares the interval of a share with one half.

    Args:
        share: the share of networks that meet a claim, with ``low`` and ``high``.

    Returns:
        "supported" if the interval lies above one half, "refuted" if it lies below, else, or without an interval,
        "undecided".

    Example:
        >>> lt.claims.verdict(lt.statistics.wilson(10, 64))
        'refuted'
    """
    if share.low > 0.5:
        return "supported"
    return "refuted" if share.high < 0.5 else "undecided"


class Source(NamedTuple):
    """Results that a claim's number is computed from.

    Attributes:
        population: the name that the networks have in ``populations`` of `Claims`.
        curves: the name of one of the experiment's probes, ``"training"`` for the training curve, ``"history"`` for
            what was recorded during training, or ``"networks"`` for the `Networks` themselves. Or a named function of a
            random key that returns `lt.Examples`, or a `lt.Probe` of them with parameters: each network then answers
            examples of its own. Network i gets the key of the base seed of the claims, the function's name and i, so
            that populations share draws. All draws must have the same shapes.

    Example:
        >>> lt.claims.Source("line", "steeper").curves
        'steeper'
        >>> def bits(key):
        ...     return lt.sequences.parity(key, length=20, count=256)
        >>> lt.claims.Source("memory", bits)
        Source(population='memory', curves=bits)
    """

    population: str
    curves: str | Callable[[Any], Any]

    @property
    def name(self) -> str:
        """The name of the probe, or of the function that draws."""
        return self.curves if isinstance(self.curves, str) else self.curves.__name__

    @property
    def of_networks(self) -> bool:
        """Whether networks are needed, and not only results."""
        return self.curves == NETWORKS or callable(self.curves)

    def __repr__(self) -> str:  # Without an address, which differs between processes.
        curves = repr(self.name) if isinstance(self.curves, str) else self.name
        return f"Source(population={self.population!r}, curves={curves})"


@dataclass(frozen=True)
class Baseline:
    """A number that is reported alongside a claim, for comparison, and does not affect the verdict.

    Attributes:
        what: a description of the number, such as ``"smallest answer"``.
        number: a function of the results in ``sources``, in their order, that returns one number per network ``[S]``;
            see `Claim`.
        sources: a tuple of `Source`. They may be of other populations than the claim's; where one of these is missing,
            the number is left out.

    Raises:
        ValueError: the function does not take one argument per source.

    Example:
        >>> def smallest(steeper):
        ...     return steeper.answer.values.min(axis=(1, 2, 3))
        >>> lt.claims.Baseline("smallest answer", smallest, (lt.claims.Source("line", "steeper"),)).what
        'smallest answer'
    """

    what: str
    number: Number
    sources: tuple[Source, ...]

    def __post_init__(self) -> None:
        arguments.text("baseline: what", self.what, empty=True)
        _check_number(f"baseline {self.what!r}", self.number, self.sources)


@dataclass(frozen=True)
class Thresholds:
    """Other thresholds at which a claim could have been judged as well.

    Attributes:
        values: numbers in place of the only threshold of a claim, or pairs ``(low, high)`` in place of both. The claim
            is judged at each of them.
        smallest: a sentence that says why the smallest, or strictest, is defensible.
        largest: a sentence that says why the largest, or loosest, is defensible.

    Raises:
        ValueError: there are no values.

    Example:
        >>> import lstm_toys as lt
        >>> lt.claims.Thresholds((0.1, 0.3), "A tenth is hardly seen.", "Three tenths are half of the swing.").values
        (0.1, 0.3)
    """

    values: tuple[float, ...] | tuple[tuple[float, float], ...]
    smallest: str
    largest: str

    def __post_init__(self) -> None:
        arguments.expect(arguments.several(self.values) and len(self.values) > 0, "values", "thresholds", self.values)


@dataclass(frozen=True)
class Claim:
    """A statement with one number per network, and the thresholds that this number has to meet.

    The claim is supported if the 95 % interval of the share of networks that meet it lies above one half, refuted if it
    lies below, and otherwise undecided.

    Attributes:
        id: a short name for tables and files, of letters, digits and ``.``, ``-``, ``_``.
        statement: what is tested, as a short sentence, such as ``"Answers stay too low"``. Tables and figures print it.
        statistic: a description of the number, such as ``"largest answer"``.
        number: a function of the results in ``sources``, in their order, that returns one number per network ``[S]``,
            NaN where it is undefined. Curve sets have ``input`` ``[C, T, F]`` and ``answer`` ``[S, C, T, A]`` or
            ``[S, C, A]``, with the curves' parameters as coordinates ``[C]``. Unless nothing is right, they have
            ``truth`` and its weights ``counts``, ``[C, T, A]`` or ``[C, A]``, of classes ``[C, T]`` or ``[C]``. Of the
            source ``"networks"`` it gets `Networks`, and may call `lt.answers` or `lt.dynamics`, or read weights. Of a
            source that is drawn, ``input``, ``truth``, ``counts``, ``length`` and parameters have a leading axis
            ``[S]``, too. Such numbers are parts, see `Analysis`: they are computed again only if the claim, or a
            network, has changed.
        sources: a tuple of `Source`, one per argument of ``number``.
        low: the smallest number that meets the claim; by default there is no lower threshold.
        high: the largest number that meets the claim; by default there is no upper threshold.
        learned: whether the claim states that something was learned. A diverged network then counts as not meeting it;
            otherwise diverged networks are excluded.
        against: a population to compare with instead of thresholds: the claim is that a network's number is higher than
            that of a network of this population. None: the claim has thresholds.
        higher: True: the claim is that the number is higher. None: it is asked which of the two is, so that verdicts
            are *ours higher*, *theirs higher* and *undecided*.
        baselines: a tuple of `Baseline`, other numbers to report alongside; by default none.
        fails: whether the claim states that networks fail at something. Networks that learned nothing fail too, so the
            claim is not tested on controls.
        thresholds: other thresholds at which the claim could have been judged as well; None: its own are the only ones.
        alternatives: other numbers by which it could have been judged as well, by kind of choice and name, such as
            ``{"window": {"x ≥ 0.4": later}}``: functions of the same sources, held against the same thresholds.
        origin: where the statement comes from, such as a quotation or the name of a paper, which is printed below it.

    Raises:
        ValueError: there is no threshold, no number can meet the claim, or arguments contradict each other.

    Example:
        >>> def largest(steeper):
        ...     return steeper.answer.values.max(axis=(1, 2, 3))
        >>> sources = (lt.claims.Source("line", "steeper"),)
        >>> lt.claims.Claim("low", "Answers are too low", "largest answer", largest, sources, high=0.5).meets
        'at most 0.5'
    """

    id: str
    statement: str
    statistic: str
    number: Number
    sources: tuple[Source, ...]
    low: float | int = -np.inf
    high: float | int = np.inf
    learned: bool = False
    against: str | None = None
    higher: Literal[True] | None = True
    baselines: tuple[Baseline, ...] = ()
    fails: bool = False
    thresholds: Thresholds | None = None
    alternatives: Mapping[str, Mapping[str, Number]] = field(default_factory=dict)
    origin: str = ""

    def __post_init__(self) -> None:
        claim = f"claim {self.id!r}"
        for name in ("id", "statement", "statistic", "origin"):
            arguments.text(f"{claim}: {name}", getattr(self, name), empty=True)
        if not re.fullmatch(r"\w[\w.-]*", self.id):
            raise ValueError(f'{claim}: invalid id; use letters, digits, ".", "-" and "_"')
        arguments.kinds(vars(self), against=str | None, thresholds=Thresholds | None)
        arguments.fields(self, arguments.switch, "learned", "fails")
        arguments.fields(
            self, arguments.instances, "baselines", kind=Baseline, expected="a tuple of lt.claims.Baseline"
        )
        for name in ("low", "high"):
            if getattr(self, name) not in (-np.inf, np.inf):
                object.__setattr__(self, name, float(arguments.number(f"{claim}: {name}", getattr(self, name))))
        _check_number(claim, self.number, self.sources)
        if not self.low <= self.high:
            raise ValueError(f"{claim}: no number is at least {self.low:g} and at most {self.high:g}")
        bounded, own = (self.low, self.high) != (-np.inf, np.inf), {each.population for each in self.sources}
        if bounded == (self.against is not None):
            raise ValueError(f"{claim} must have thresholds, low or high, or a population to be held against")
        if not bounded and (self.learned or self.thresholds or len(own) > 1 or self.against in own):
            raise ValueError(f"{claim}: against takes one other population, and neither learned nor thresholds")
        if self.higher not in (True, None) or (bounded and self.higher is None):
            raise ValueError(f"{claim}: higher must be True, or None with against")
        if self.learned and self.fails:
            raise ValueError(f"{claim}: learned=True and fails=True contradict each other")
        if len({each.what for each in self.baselines}) < len(self.baselines):
            raise ValueError(f"{claim}: two baselines have the same name")
        both, values = np.isfinite(self.low) and np.isfinite(self.high), self.thresholds and self.thresholds.values
        if any(isinstance(each, tuple) != both for each in values or ()):
            raise ValueError(f"{claim}: thresholds must be {'pairs (low, high)' if both else 'numbers'}, like its own")
        several, named = f"{claim}: alternatives", "a dictionary of functions by name"
        for kind, numbers in arguments.mapping(several, self.alternatives, "a dictionary by kind of choice").items():
            for name, number in arguments.mapping(f"{several}, {kind}", numbers, named).items():
                _check_number(f"{several}, {kind} {name!r}", number, self.sources)
        _ = self.choices  # Each of them must be possible.

    @property
    def choices(self) -> dict[tuple[str, str], Claim]:
        """The claim with each of its other thresholds and numbers, by kind of choice and name."""
        single = "low" if np.isfinite(self.low) else "high"
        ends: list[dict[str, Any]] = [
            dict(zip(("low", "high"), each, strict=True)) if isinstance(each, tuple) else {single: each}
            for each in (self.thresholds.values if self.thresholds else ())
        ]
        alone: dict[str, Any] = {"baselines": (), "thresholds": None, "alternatives": {}}
        every = {(THRESHOLD, other.meets): other for other in (replace(self, **alone, **each) for each in ends)}
        every |= {
            (kind, name): replace(self, **alone, number=number)
            for kind, numbers in self.alternatives.items()
            for name, number in numbers.items()
        }
        for (kind, name), other in every.items():
            object.__setattr__(other, "id", f"{self.id} ({kind}: {name})")  # No id that a user may give.
        return every

    @property
    def meets(self) -> str:
        """What a number has to be, as tables say it: ``at least 0.5``."""
        if self.against is not None:
            return f"above{' or below' * self.question} {self.against}'s"
        if np.isfinite(self.low) and np.isfinite(self.high):
            return f"from {self.low:g} to {self.high:g}"
        return f"at least {self.low:g}" if np.isfinite(self.low) else f"at most {self.high:g}"

    @property
    def question(self) -> bool:
        """Whether it is only asked which of two populations has higher numbers."""
        return self.higher is None

    @property
    def about_learning(self) -> bool:
        """Whether it is about what is, or is not, learned, and so also about networks that did not learn."""
        return self.learned or (self.fails and {source.curves for source in self.sources} <= {TRAINING, HISTORY})

    @property
    def drawn(self) -> bool:
        """Whether networks answer examples of their own, drawn by a function."""
        return any(callable(source.curves) for source in self.sources)

    @property
    def populations(self) -> tuple[str, ...]:
        """The populations that the verdict depends on."""
        names = (source.population for source in self.sources)
        return tuple(dict.fromkeys([*names, *([] if self.against is None else [self.against])]))

    def made_of(self, held: Collection[str]) -> set[str]:
        """Returns the populations in ``held`` that the claim and its baselines use; none if the claim needs others."""
        if not {*self.populations} <= {*held}:
            return set()
        others = [{source.population for source in each.sources} for each in self.baselines]
        return {*self.populations}.union(*(names for names in others if names <= {*held}))

    def met(self, numbers: Float[np.ndarray, " S"]) -> Bool[np.ndarray, " S"]:
        """Whether each number meets the thresholds; NaN does not."""
        return (self.low <= numbers) & (numbers <= self.high)


@dataclass(frozen=True)
class Variant:
    """A variant of the networks: how their settings change, and which of them count.

    Attributes:
        change: a function of a population's name and settings that returns other settings, or None if the variant does
            not apply to the population.
        networks: which of these networks count. ``"all"``: every one; ``"learned"``: those that meet the goal of their
            experiment; ``"equal loss"``: each network after the first of the steps in `Settings.keep_steps` at which
            its training loss is at most the median final loss of the networks that the claims are about. Networks that
            never reach this loss are excluded. Claims with ``learned=True`` count all networks, and are not tested with
            ``"equal loss"``.

    Raises:
        ValueError: ``change`` is not a function, or ``networks`` is none of these.

    Example:
        >>> import dataclasses
        >>> def gru(name, settings):
        ...     return dataclasses.replace(settings, cell="gru")
        >>> lt.claims.Variant(gru, networks="learned").networks
        'learned'
    """

    change: Change
    networks: Counted = "all"

    def __post_init__(self) -> None:
        arguments.kinds(vars(self), change=Callable)
        arguments.choice("networks", self.networks, *get_args(Counted))


@dataclass(frozen=True)
class Column:
    """What claims are judged by: networks, or other evidence that stands for networks.

    Attributes:
        name: what tables and files call it.
        role: what it is for. ``"published"``: published answers; ``"networks"``: the networks that the claims are
            about; ``"null"``: a model without a network; ``"controls"``, ``"variants"``: see `Claims`; ``"during"``:
            these networks at a moment of training; ``"recipes"``: networks of drawn recipes.
        counts: which of its networks count; see `Variant`.
    """

    name: str
    role: Role
    counts: Counted = "all"

    def judges(self, claim: Claim) -> bool:
        """Whether the column says something about a claim.

        Networks that learned nothing fail at everything, and networks chosen by their loss have learned as much.
        """
        if self.role == "controls":
            return not claim.fails
        return not (claim.learned and self.counts == "equal loss")

    def only_learned(self, claim: Claim) -> bool:
        """Whether networks that did not learn do not count."""
        about_learning = claim.learned or (self.role == "recipes" and claim.about_learning)
        return self.counts != "all" and not about_learning


@dataclass(frozen=True)
class Claims:
    """A set of claims and the populations that they are tested on. A module declares it as ``CLAIMS``.

    Attributes:
        title: heading of the report, and of figures.
        claims: a tuple of `Claim`, with different ids.
        populations: by the name that `Source` uses, an experiment and command-line flags that override its defaults.
        about: a description of the networks for tables, such as ``"LSTMs"``.
        published: a function that returns published answers: by population the results of one network. None: there are
            none to compare with.
        data: files from which the claims, or the published answers, are read. Kept verdicts are computed anew when one
            changes.
        controls: by name, networks that were not trained or were trained on something else, as a function of a
            population's name and settings that returns theirs; see `Variant`. A claim that they also meet says little
            about the trained networks, unless it states that networks fail.
        variants: by name, networks of other kinds or training lengths, each a `Variant` or its function. They show how
            far a verdict generalizes.
        aspects: by the description of a property, such as "hard gates", the variants whose networks lack it.
        during: by population, at least two earlier numbers of steps, in ascending order, in the same training after
            which claims about only such populations are also tested.
        recipes: by population, the distribution of recipes with which its networks could as well have been trained; see
            `Recipes`. With ``--recipes``, claims are also tested on networks of so many of them. Several populations of
            one claim need distributions of the same name, so that networks of the same recipe are compared.

    Raises:
        ValueError: names repeat or are unknown, there are no claims, or another argument is invalid.

    Example:
        >>> import dataclasses
        >>> from experiments import line
        >>> def largest(steeper):
        ...     return steeper.answer.values.max(axis=(1, 2, 3))
        >>> def gru(name, settings):
        ...     return dataclasses.replace(settings, cell="gru")
        >>> sources = (lt.claims.Source("line", "steeper"),)
        >>> low = lt.claims.Claim("low", "Answers are too low", "largest answer", largest, sources, high=0.5)
        >>> populations = {"line": (line.EXPERIMENT, ["--seeds=32"])}
        >>> claims = lt.claims.Claims("Steeper lines", (low,), populations, variants={"GRU": gru})
        >>> claims.ids, claims.variant("GRU").networks
        (('low',), 'all')
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
    recipes: Mapping[str, Recipes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        arguments.fields(self, arguments.text, "title", "about")
        arguments.fields(self, arguments.instances, "claims", kind=Claim, expected="a tuple of lt.claims.Claim")
        arguments.kinds(vars(self), published=Callable | None)
        arguments.fields(self, arguments.instances, "data", kind=Path, expected="a tuple of paths")
        for name in ("populations", "controls", "variants", "aspects", "during", "recipes"):
            arguments.mapping(name, getattr(self, name), "a dictionary by name")
        for name, each in {**self.controls, **self.variants}.items():
            change = callable(each) or isinstance(each, Variant)
            arguments.expect(change, f"{name!r} of controls or variants", "a function, or an lt.claims.Variant", each)
        for name, recipes in self.recipes.items():
            arguments.choice("a name in recipes", name, *self.populations)
            arguments.instance(f"recipes of {name}", recipes, Recipes, "an lt.claims.Recipes")
        for recipes, other in combinations(self.recipes.values(), 2):
            if not recipes.agrees(other):
                raise ValueError(f"two recipes named {other.name!r} draw differently; rename one")
        columns = [NETWORKS, DURING, RECIPES, COPY, CLIPPED, *self.controls, *self.variants]
        for what, names in (("claim", [*self.ids]), ("column", columns)):
            if twice := [name for name in names if names.count(name) > 1]:
                raise ValueError(f"two {what}s are named {twice[0]!r}")
        if not self.claims:
            raise ValueError("claims must not be empty")
        if unknown := [name for names in self.aspects.values() for name in names if name not in self.variants]:
            raise ValueError(f"aspects names {unknown[0]!r}, which is not a variant")
        for claim in self.claims:
            if unknown := [name for name in claim.populations if name not in self.populations]:
                known = ", ".join(self.populations)
                raise ValueError(f"claim {claim.id!r} uses {unknown[0]!r}, but the populations are {known}")

    def given(self, *flags: str) -> Claims:
        """The same claims about other networks: all populations get further command-line flags.

        Args:
            flags: flags such as ``"--cell=gru"``, which override those of the populations.

        Example:
            >>> from experiments.post.claims import CLAIMS
            >>> CLAIMS.given("--cell=gru").about
            'these networks'
        """
        others = {name: (each, [*usual, *flags]) for name, (each, usual) in self.populations.items()}
        return replace(self, populations=others, about="these networks")

    def on(self, population: str, *flags: str) -> Claims:
        """The claims that a single population can answer, about its networks with further command-line flags.

        Args:
            population: a name in ``populations``; claims with other sources are left out.
            flags: flags such as ``"--cell=gru"``, which override those of the population.

        Example:
            >>> from experiments.post.claims import CLAIMS
            >>> len(CLAIMS.on("sine", "--cell=gru").claims)
            11
        """
        able = tuple(claim for claim in self.claims if claim.populations == (population,))
        recipes = {name: each for name, each in self.recipes.items() if name == population}
        own = {population: self.populations[population]}
        return replace(self, claims=able, populations=own, recipes=recipes).given(*flags)

    def variant(self, name: str) -> Variant:
        """Looks up a variant; one that was declared as a function alone counts all networks.

        Args:
            name: a name in ``variants``.
        """
        declared = self.variants[name]
        return declared if isinstance(declared, Variant) else Variant(declared)

    def alike(self, claim: Claim) -> set[str]:
        """The populations of a claim, and of its baselines, that share its recipes; none if it has no recipes."""
        names = {self.recipes[name].name if name in self.recipes else None for name in claim.populations}
        same = {name for name, recipes in self.recipes.items() if {recipes.name} == names}
        return claim.made_of(same)

    @property
    def columns(self) -> dict[Column, Change]:
        """The columns with other networks, and how the settings of these differ."""
        variants = {name: self.variant(name) for name in self.variants}
        return {
            Column(DURING, "during"): self._kept,
            **{Column(name, "controls"): change for name, change in self.controls.items()},
            **{Column(name, "variants", each.networks): each.change for name, each in variants.items()},
        }

    def _kept(self, name: str, settings: Settings) -> Settings | None:
        *earlier, last = self.during.get(name, (settings.steps,))
        return replace(settings, steps=last, keep_steps=tuple(earlier)) if name in self.during else None

    @property
    def ids(self) -> tuple[str, ...]:
        """What reports and files call the claims, in the order of their declaration."""
        return tuple(claim.id for claim in self.claims)


def _check_number(owner: str, number: Any, sources: Any) -> None:
    several = "a tuple of lt.claims.Source, such as (lt.claims.Source('line', 'steeper'),)"
    for each in arguments.instances(f"{owner}: sources", sources, Source, several):
        if not isinstance(each.curves, str):
            expected = "a name, or a named function of one random key"
            arguments.function(f"{owner}: curves of a source", each.curves, expected, 1)
            arguments.expect(hasattr(each.curves, "__name__"), f"{owner}: curves of a source", expected, each.curves)
    arguments.function(f"{owner}: number", number, "a function of labeled results, one for each source", len(sources))
