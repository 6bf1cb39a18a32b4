"""The entries of ``claims.json`` and ``specifications.json``, and how they are written and read.

Each field of a dataclass here is a key of the files. In files, NaN is null, and infinite numbers are texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar, get_args, get_type_hints

import numpy as np
from jaxtyping import Float

from lstm_toys.files import read_json_list, telling_damage
from lstm_toys.results.summary import jsonable
from lstm_toys.runs.folder import verified
from lstm_toys.statistics import comparisons, intervals
from lstm_toys.statistics.intervals import Estimate
from lstm_toys.studies.claims.declaration import ANSWERS, Verdict, verdict

Interval: TypeAlias = list[float] | None

State = Literal["judged", "shown", "unlearned", "few"]

Standing = Literal["not tested", "depends", "not contradicted", "replicated"]

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Threshold:
    """What a claim's number is held against: the smallest and largest number that meet it, or a population.

    ``question``: it is asked which of two populations has higher numbers, and not claimed that the first has.
    """

    low: float
    high: float
    against: str | None
    question: bool = False

    @property
    def ends(self) -> list[float]:
        """The numbers among these; a claim that compares two populations has none."""
        return [end for end in (self.low, self.high) if np.isfinite(end)]

    def within(self, low: float, high: float) -> tuple[float, float]:
        """The range between two ends of an axis in which numbers meet the claim."""
        return self.low if np.isfinite(self.low) else low, self.high if np.isfinite(self.high) else high


@dataclass(frozen=True)
class Median:
    """A median with a bootstrap interval."""

    median: float
    median_interval: Interval


@dataclass(frozen=True)
class Shift:
    """By how much the numbers of a population are above those of another; see `lt.statistics.shift`."""

    shift: float
    interval: Interval

    @classmethod
    def of(cls, estimate: Estimate) -> Shift:
        return cls(estimate.value, interval(estimate))


@dataclass(frozen=True)
class Share:
    """A share of networks, or of pairs of networks, with its interval.

    Attributes:
        counted: how many networks it is of; of pairs, how many the smaller population has.
    """

    share: float
    interval: Interval
    counted: int

    @property
    def estimate(self) -> Estimate:
        """The share with its interval; without one, its ends are NaN."""
        return Estimate(self.share, *(self.interval or (np.nan, np.nan)))

    def at(self, confidence: float, *, pairs: bool) -> Share:
        """The share with an interval for several at once: the exact one, or a bootstrap widened like a normal one."""
        if not pairs:
            met = round(self.share * self.counted) if self.counted else 0
            found = intervals.clopper_pearson(met, self.counted, confidence)
        elif self.interval and self.share in (0.0, 1.0):
            found = comparisons.separated(self.share, self.counted, confidence)
        else:
            _, *ends = intervals.widened(self.estimate, confidence)
            found = Estimate(self.share, *np.clip(ends, 0.0, 1.0).tolist())  # NaN stays NaN.
        return Share(self.share, interval(found), self.counted)


@dataclass(frozen=True)
class Judgment:
    """A claim judged by the networks of one column.

    Attributes:
        per_seed: the number of each network; NaN if it diverged or is excluded, or its number is undefined.
        share: the share of the ``counted`` networks that meet the claim; of pairs of networks, see
            `lt.statistics.probability_above`.
        median: the median of the numbers, with a bootstrap interval.
        verdict: what the interval of the share says, if those of ``bounds`` say the same.
        seeds: how many networks there are.
        counted: how many networks have a number, or diverged where the claim is that something was learned.
        diverged: the seeds that diverged.
        unlearned: the seeds that the share leaves out since they did not learn.
        excluded: diverged seeds without a number; empty if a diverged network counts as not meeting the claim.
        meaningless: how many networks did not diverge and have an undefined number.
        against_per_seed: the numbers of the population that a claim compares with; None without one.
        baselines: by description, other numbers to report alongside.
        bounds: the shares if all networks without a number failed, and if all met the claim; None if all have one.
        outside: the same of networks that did not learn, which decide nothing.
        shift: by how much numbers are above those of the other population; None without one.
    """

    per_seed: Float[np.ndarray, " S"]
    share: float
    interval: Interval
    median: float
    median_interval: Interval
    verdict: Verdict
    seeds: int
    counted: int
    diverged: list[int]
    unlearned: list[int]
    excluded: list[int]
    meaningless: int
    against_per_seed: Float[np.ndarray, " S2"] | None
    baselines: dict[str, Median]
    bounds: list[Share] | None = field(default=None, kw_only=True)
    outside: list[Share] | None = field(default=None, kw_only=True)
    shift: Shift | None = field(default=None, kw_only=True)

    @property
    def met(self) -> int:
        """How many networks meet the claim, unless it compares two populations."""
        return round(self.share * self.counted) if self.counted else 0

    @property
    def own(self) -> Share:
        """The share of the networks that have a number."""
        return Share(self.share, self.interval, self.known)

    @property
    def estimate(self) -> Estimate:
        """The share with its interval; without one, its ends are NaN."""
        return self.own.estimate

    @property
    def lacking(self) -> int:
        """How many networks have no number that could be judged."""
        return self.meaningless + len(self.excluded)

    @property
    def turned(self) -> bool:
        """Whether it is undecided because networks without a number could turn the verdict."""
        return self.verdict == "undecided" != verdict(self.estimate)

    @property
    def pairs(self) -> comparisons.Pairs | None:
        """In how many pairs of networks our number is above, equal and below; None without another population."""
        return None if self.against_per_seed is None else comparisons.pairs(self.per_seed, self.against_per_seed)

    @property
    def known(self) -> int:
        """How many networks have a number; of two populations, the smaller count."""
        theirs = self.against_per_seed
        return self.counted if theirs is None else min(self.counted, int((~np.isnan(theirs)).sum()))

    @property
    def power(self) -> dict[float, float]:
        """The probability that so many networks decide, by the true share; of pairs, by the true probability."""
        decides = intervals.power if self.against_per_seed is None else comparisons.power
        return {share: decides(self.known, share) for share in (0.6, 0.7, 0.8, 0.9)}

    def at(self, confidence: float) -> list[Share]:
        """The share and those at its bounds, with intervals for several at once."""
        every = [self.own, *(self.bounds or [])]
        return [each.at(confidence, pairs=self.against_per_seed is not None) for each in every]


@dataclass(frozen=True)
class Comparison(Judgment):
    """A claim judged by a variant, and by how much its share is above the share of the networks of the claims."""

    difference: float
    difference_interval: Interval

    @property
    def differs(self) -> bool:
        """Whether the interval of the difference excludes 0."""
        low, high = self.difference_interval or (0.0, 0.0)
        return not low <= 0 <= high


@dataclass(frozen=True)
class SingleJudgment:
    """A claim judged by one network, or by a model without a network.

    Attributes:
        value: its number.
        meets: whether it meets the claim.
        baselines: by description, its other numbers.
        answers: what a model without a network answers, such as ``"input"``.
        ranks: by column, how many networks have a lower number, an equal number, and any number.
    """

    value: float
    meets: bool
    baselines: dict[str, float]
    answers: str | None = None
    ranks: dict[str, list[int]] | None = None


@dataclass(frozen=True)
class SimultaneousInterval:
    """The interval of a share that holds for all claims at once, and the verdict by it."""

    interval: Interval
    verdict: Verdict


@dataclass(frozen=True)
class Moments:
    """A claim judged at moments of training, with intervals of the share for all moments at once."""

    steps: list[int]
    share: list[float]
    interval: list[Interval]
    verdict: list[Verdict]
    median: list[float]
    median_interval: list[Interval]

    @property
    def changes(self) -> bool:
        """Whether the verdict is not always the same."""
        return len({*self.verdict}) > 1


@dataclass(frozen=True)
class Statement:
    """A claim as it is reported."""

    id: str
    statement: str
    origin: str
    statistic: str
    threshold: Threshold
    meets: str


@dataclass(frozen=True)
class Entry(Judgment, Statement):
    """All that is reported about a claim, judged by the networks that the claims are about and by other columns."""

    simultaneous: SimultaneousInterval
    published: SingleJudgment | None
    null: dict[str, SingleJudgment]
    controls: dict[str, Judgment]
    variants: dict[str, Comparison]
    during: Moments | None
    remarks: list[str]

    @property
    def distance(self) -> Median | None:
        """How far the median is inside the nearer threshold, negative beyond it; None without a threshold."""
        if self.threshold.against is not None:
            return None
        low, high = self.threshold.within(-np.inf, np.inf)
        value, *ends = (min(each - low, high - each) for each in (self.median, *(self.median_interval or [])))
        if not ends:
            return Median(value, None)
        first, last = self.median_interval or []
        most = (high - low) / 2 if first <= (low + high) / 2 <= last else max(ends)
        return Median(value, [min(ends), most])


@dataclass(frozen=True)
class Choice:
    """A claim judged under one other choice.

    Attributes:
        state: ``"judged"`` if the choice counts, ``"few"`` if too few networks do; ``"shown"`` if fewer networks
            learned than for a judgment, ``"unlearned"`` if much fewer.
        choices, counted, learned, loss: of other trainings, what was chosen, how many networks count, which share of
            them learned, and their median final loss.
        low, high: other thresholds.
        per_seed: the networks' other numbers.
        bounds, question: see `Judgment` and `Threshold`.
    """

    name: str
    kind: str
    state: State
    share: float
    interval: list[float]
    choices: dict[str, str] | None = None
    counted: int | None = None
    learned: float | None = None
    loss: float | None = None
    low: float | None = None
    high: float | None = None
    per_seed: Float[np.ndarray, " S"] | None = None
    bounds: list[Share] | None = None
    question: bool = False

    @property
    def own(self) -> Share:
        """The share of the networks that have a number."""
        return Share(self.share, None if np.isnan(self.interval[0]) else self.interval, self.counted or 0)

    @property
    def verdict(self) -> Verdict:
        """The verdict under the choice, by its own intervals."""
        return decided([self.own, *(self.bounds or [])], question=self.question)


@dataclass(frozen=True)
class Counts:
    """How many choices of a kind were tried, counted, turned the verdict, and left it undecided."""

    tried: int
    judged: int
    turning: int
    undecided: int


@dataclass(frozen=True)
class Robustness:
    """All that is reported about the verdict on a claim under other choices.

    Attributes:
        level: how well the verdict stands other choices, by the first that applies: ``"not tested"``, ``"depends"``,
            ``"not contradicted"``, ``"replicated"``; None if it is undecided. See `lstm-toys claims --specifications`.
        agree: how many of the choices that count have the same verdict.
        depends: by kind, the choices that turn it.
        undecided: by kind, the choices under which it is undecided.
        kinds: how many choices there are by kind.
        ranges: by kind, the smallest and largest share.
        trained, thresholds, alternatives: the judgments by other trainings, thresholds and numbers.
        reasons: why the smallest and the largest threshold are defensible.
    """

    id: str
    statement: str
    verdict: Verdict
    meets: str
    share: float
    level: Standing | None
    agree: int
    depends: dict[str, list[str]]
    undecided: dict[str, list[str]]
    kinds: dict[str, Counts]
    ranges: dict[str, list[float]]
    trained: list[Choice]
    thresholds: list[Choice]
    alternatives: list[Choice]
    reasons: list[str]

    @property
    def judged(self) -> list[Choice]:
        """The judgments under choices that count."""
        return [each for each in (*self.trained, *self.thresholds, *self.alternatives) if each.state == "judged"]


def interval(estimate: Estimate) -> Interval:
    """The interval of an estimate; None if it has none."""
    return None if np.isnan(estimate.low) else [estimate.low, estimate.high]


def end(threshold: float) -> float:
    """A threshold; NaN if it is infinite, so that there is none."""
    return threshold if np.isfinite(threshold) else np.nan


def decided(shares: Sequence[Share], *, question: bool) -> Verdict:
    """The verdict of a share and of its bounds; undecided where these differ.

    Args:
        shares: the share, and those if all networks without a number failed, or met the claim.
        question: whether it is asked which of two populations has higher numbers.
    """
    verdicts = {verdict(each.estimate) for each in shares}
    single = verdicts.pop() if len(verdicts) == 1 else "undecided"
    return ANSWERS.get(single, single) if question else single


def as_json(value: Any) -> Any:
    """Makes JSON of entries; fields that have their default are left out.

    Infinite numbers become ``"inf"`` and ``"-inf"``, since they take part in comparisons, and NaN becomes null.
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, float) and np.isinf(value):
        return str(value)
    if is_dataclass(value):
        known = [(each, getattr(value, each.name)) for each in fields(value)]
        return {each.name: as_json(own) for each, own in known if own is not each.default}
    if isinstance(value, dict):
        return {name: as_json(each) for name, each in value.items()}
    return [as_json(each) for each in value] if isinstance(value, list | tuple) else jsonable(value)


def from_json(kind: Any, value: Any) -> Any:
    """Makes of JSON what `as_json` made it of, a value of this type."""
    arguments = get_args(kind)
    if value is None:
        return np.nan if float in (kind, *arguments) else None
    if type(None) in arguments:
        return from_json(arguments[0], value)
    if isinstance(kind, type) and is_dataclass(kind):
        types = get_type_hints(kind)
        return kind(**{name: from_json(types[name], each) for name, each in value.items()})
    if isinstance(value, dict):
        return {name: from_json(arguments[1], each) for name, each in value.items()}
    if isinstance(value, list):
        return [from_json(arguments[0], each) for each in value] if arguments else np.array(value, float)
    return float(value) if kind is float and isinstance(value, str) else value


def read(path: Path | str, kind: type[Kind] = Entry) -> list[Kind]:  # type: ignore[assignment]
    """Reads what a study of claims has found.

    Args:
        path: the file ``claims.json`` of a run, such as ``run.folder / "claims.json"``.
        kind: the type of entries; `Robustness` for ``specifications.json``.

    Returns:
        An entry for each claim: what is stated, and how networks, controls and variants meet it; see `Entry`.

    Raises:
        OSError: the file does not exist.
        Damaged: the file is not one of entries, or was changed after the run had written it.

    Example:
        >>> lt.claims.read("nowhere/claims.json")
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'nowhere/claims.json'
    """
    entries = read_json_list(path := verified(Path(path)))
    with telling_damage(path):
        return [from_json(kind, entry) for entry in entries]
