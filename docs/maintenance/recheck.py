"""Recomputes what every ``claims.json`` says from the numbers of networks in it, with NumPy and SciPy alone.

Shares and their intervals, medians, probabilities, shifts, differences and verdicts are computed a second time, from
their definitions and not by the library, which is not imported. Ends of bootstrap intervals depend on random numbers:
each must lie between the quantiles of other resamples that are 0.7 points away from its own.

``python -m docs.maintenance.recheck`` prints what differs, and exits 1 if anything does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import scipy.stats

RESULTS = Path(__file__).parents[2] / "results"

PUBLISHED = [path for path in sorted(RESULTS.glob("**/claims.json")) if path.relative_to(RESULTS).parts[0] != "runs"]
"""The published tables of claims, apart from those of runs in the clone."""

DIVERGED, UNLEARNED, EXCLUDED = 2, 4, 8
FEWEST, TAIL, SLACK, RESAMPLES = 8, 0.025, 0.007, 20_000

COMPARED = "values compared"

NONE = (np.nan, np.nan, np.nan)


def read(path: Path) -> dict[str, Any]:
    """The variables of a file; infinite numbers are texts in it, and NaN is null."""
    stored = json.loads(path.read_text())
    return {
        name: np.array(each["data"], str if "U" in each["dtype"] else float)
        for name, each in (stored["coords"] | stored["data_vars"]).items()
    }


@dataclass
class Cell:
    """A claim and column: what is stored, and which numbers networks have."""

    low: float
    high: float
    learned: bool
    against: bool
    both_ways: bool
    recipes: bool
    stored: dict[str, Any]

    @cached_property
    def present(self) -> list[Any]:
        """Where there are networks, of either population."""
        return [self.stored[name] > 0 for name in ("state", "other_state")]

    def having(self, flag: int) -> list[Any]:
        """Which networks have a flag."""
        states = self.stored["state"], self.stored["other_state"]
        return [each[there].astype(int) & flag > 0 for each, there in zip(states, self.present, strict=True)]

    @cached_property
    def numbers(self) -> list[Any]:
        """The numbers of either population."""
        both = self.stored["number"], self.stored["other_number"]
        return [each[there] for each, there in zip(both, self.present, strict=True)]

    @cached_property
    def met(self) -> Any:
        """1 for networks that meet the thresholds, 0 for others, NaN for those that do not count."""
        ours = self.numbers[0]
        met = np.where(np.isnan(ours), np.nan, (self.low <= ours) & (ours <= self.high))
        return np.where(self.having(DIVERGED)[0], 0.0, met) if self.learned else met

    def shares(self) -> list[tuple[float, ...]]:
        """The share that is defined, and those if what lacks a number failed, or met the claim."""
        excluded = self.having(EXCLUDED)
        ours, theirs = (self.numbers[0] if self.against else self.met), self.numbers[1]
        lacking = [np.isnan(each) & ~out for each, out in zip((ours, theirs), excluded, strict=True)]
        made: list[tuple[float, ...]] = [self.share(0, ours, theirs)]
        for missing in (lacking, excluded):
            for end in (0, 1):
                if not (missing[0].any() or (self.against and missing[1].any())):
                    made.append((*NONE, 0))
                elif self.against:
                    worst = (2 * end - 1) * np.inf
                    made.append(
                        self.share(len(made), np.where(missing[0], worst, ours), np.where(missing[1], -worst, theirs))
                    )
                else:
                    made.append(self.share(len(made), np.where(missing[0], float(end), ours), theirs))
        return made

    def share(self, counting: int, ours: Any, theirs: Any) -> tuple[float, ...]:
        """A share with its interval, and of how many networks it is; stored by its way of counting."""
        if self.recipes:
            return of_recipes(ours.reshape(-1, 2), theirs.reshape(-1, 2) if self.against else None)
        if not self.against:
            known = ours[~np.isnan(ours)]
            return (*proportion(known.sum(), len(known), "wilson"), len(known))
        known = min(int((~np.isnan(each)).sum()) for each in (ours, theirs))
        return (*above(ours, theirs, self.stored["share"][counting]), known)

    def verdict(self, shares: list[tuple[float, ...]]) -> str:
        """The verdict of the first three shares, undecided unless all that exist agree."""
        verdicts = {
            "supported" if low > 0.5 else "refuted" if high < 0.5 else "undecided"
            for value, low, high, *_ in shares[:3]
            if not np.isnan(value)
        }
        found = verdicts.pop() if len(verdicts) == 1 else "undecided"
        names = {"supported": "ours higher", "refuted": "theirs higher"} if self.both_ways else {}
        return names.get(found, found)

    def at_once(self, shares: list[tuple[float, ...]], confidence: float) -> list[tuple[float, ...]]:
        """The first three shares, with intervals of another confidence."""
        wider = scipy.stats.norm.ppf((1 + confidence) / 2) / scipy.stats.norm.ppf(0.975)
        found = list[tuple[float, ...]]()
        for value, low, high, known in shares[:3]:
            if np.isnan(value) or not self.against or (value in (0, 1) and not np.isnan(low)):
                found.append(proportion(round(value * known) if known else 0, int(known), "exact", confidence))
            else:
                found.append((value, max(0.0, value - wider * (value - low)), min(1.0, value + wider * (high - value))))
        return found

    def only_learned(self) -> Cell:
        """The same of networks that learned alone."""
        stored = dict(self.stored)
        for number, state in (("number", "state"), ("other_number", "other_state")):
            out = stored[state].astype(int) & UNLEARNED > 0
            stored[number] = np.where(out, np.nan, stored[number])
            stored[state] = stored[state].astype(int) | EXCLUDED * out
        return replace(self, stored=stored)


def proportion(met: float, known: int, method: Any, confidence: float = 0.95) -> tuple[float, float, float]:
    """A share with an interval of SciPy's; NaN of no networks."""
    if not known:
        return NONE
    found = scipy.stats.binomtest(int(met), known).proportion_ci(confidence, method)
    return met / known, found.low, found.high


def of_recipes(ours: Any, theirs: Any | None) -> tuple[float, ...]:
    """The share over recipes, with Wilson's interval for the size that the variance between them leaves."""
    if theirs is not None:
        pairs = (np.sign(ours[:, :, None] - theirs[:, None, :]) + 1) / 2
        known = (~np.isnan(pairs)).sum(axis=2)
        ours = np.where(known > 0, np.nansum(pairs, axis=2) / np.maximum(known, 1), np.nan)
    counted = (~np.isnan(ours)).sum(axis=1)
    met, counted = np.nansum(ours, axis=1)[counted > 0], counted[counted > 0]
    recipes, networks = len(met), int(counted.sum())
    if recipes < 2:
        return (met.sum() / networks if recipes else np.nan, np.nan, np.nan, networks)
    value = met.sum() / networks
    between = recipes / (recipes - 1) * ((met - counted * value) ** 2).sum() / networks**2
    size = min(networks, value * (1 - value) / between) if between > 1e-12 else recipes
    t = scipy.stats.t.ppf(0.975, recipes - 1)
    # The ends are where a share differs from the value by t of its own standard errors.
    a, b, c = 1 + t**2 / size, -(2 * value + t**2 / size), value**2
    root = np.sqrt(max(0.0, b**2 - 4 * a * c))
    return value, (-b - root) / (2 * a), (-b + root) / (2 * a), networks


def above(ours: Any, theirs: Any, stored: Any) -> tuple[float, ...]:
    """The probability that one of ours is above one of theirs, with the stored ends if they are in order."""
    first, second = (each[~np.isnan(each)] for each in (ours, theirs))
    if not (len(first) and len(second)):
        return NONE
    fewer = min(len(first), len(second))
    value = scipy.stats.mannwhitneyu(first, second).statistic / (len(first) * len(second))
    if value in (0, 1) and fewer >= FEWEST:
        return proportion(value * fewer, fewer, "exact")
    statistic = probability(ours, theirs)
    without = np.array([[other for other in range(len(ours)) if other != seed] for seed in range(len(ours))])
    return bootstrapped(value, statistic, len(ours), fewer, stored, jackknife=statistic(without))


def probability(ours: Any, theirs: Any) -> Callable[[Any], Any]:
    """A function of resampled seeds: the share of pairs in which ours is above theirs; ties count half."""
    known = ~np.isnan(ours)[:, None] & ~np.isnan(theirs)
    higher = np.where(known, (np.sign(apart(ours, theirs)) + 1) / 2, 0)

    def share_of_pairs(drawn: Any) -> Any:
        shape = len(drawn), len(ours)
        places = drawn + len(ours) * np.arange(len(drawn))[:, None]
        times = np.bincount(places.ravel(), minlength=np.prod(shape)).reshape(shape)
        with np.errstate(invalid="ignore"):
            return ((times @ higher) * times).sum(axis=1) / ((times @ known) * times).sum(axis=1)

    return share_of_pairs


def shift(ours: Any, theirs: Any) -> Callable[[Any], Any]:
    """A function of resampled seeds: the median difference that exists."""
    every = apart(ours, theirs)

    def median_difference(drawn: Any) -> Any:
        ascending = np.sort(every[drawn[:, :, None], drawn[:, None]].reshape(len(drawn), -1))
        known = (~np.isnan(ascending)).sum(axis=1)
        middle = np.take_along_axis(ascending, (np.maximum(known, 1)[:, None] - 1) // 2, 1)[:, 0]
        return np.where(known > 0, middle, np.nan)

    return lambda drawn: np.concatenate(
        [median_difference(seeds) for seeds in np.array_split(drawn, max(1, drawn.size // 10_000))]
    )


def apart(ours: Any, theirs: Any) -> Any:
    """All differences of ours (rows) and theirs, of which those of equal infinite numbers are 0."""
    first = ours[:, None]
    with np.errstate(invalid="ignore"):
        return np.where(first == theirs, 0.0, first - theirs)


def bootstrapped(
    value: float, statistic: Callable[[Any], Any], size: int, known: int, stored: Any, jackknife: Any = None
) -> tuple[float, ...]:
    """A number with its stored ends, if they are where they may be, else with those of the other resamples.

    With a jackknife, they are bias-corrected and accelerated (Efron, 1987), else percentiles.
    """
    if known < FEWEST:
        return value, np.nan, np.nan
    random = np.random.default_rng(20261202)
    resampled = statistic(random.integers(size, size=(RESAMPLES, size)))
    resampled = resampled[~np.isnan(resampled)]
    tails = np.array([TAIL, 1 - TAIL])
    if jackknife is not None:
        influence = jackknife.mean() - jackknife
        bias = scipy.stats.norm.ppf(((resampled < value).mean() + (resampled <= value).mean()) / 2)
        z = bias + scipy.stats.norm.ppf(tails)
        acceleration = (influence**3).sum() / (6 * (influence**2).sum() ** 1.5)
        tails = scipy.stats.norm.cdf(bias + z / (1 - acceleration * z))
    low, high = (np.quantile(resampled, np.clip(tails + off, 0, 1), method="nearest") for off in (-SLACK, SLACK))
    if np.isnan(stored[1]) and np.isnan(stored[2]):
        return (value, np.nan, np.nan) if high[0] >= low[1] else (value, high[0], low[1])
    fits = (low - 1e-9 <= stored[1:]) & (stored[1:] <= high + 1e-9)
    return value, *np.where(fits, stored[1:], (low + high) / 2)


def difference(first: tuple[float, ...], second: tuple[float, ...]) -> tuple[float, ...]:
    """The difference of two shares, with Newcombe's interval."""
    value = first[0] - second[0]
    below = np.hypot(first[0] - first[1], second[2] - second[0])
    return value, value - below, value + np.hypot(first[2] - first[0], second[0] - second[1])


def differing(path: Path) -> Iterator[str]:
    """Yields a line for each value of a file that differs from what its numbers give, then how many were compared."""
    table = read(path)
    roles, columns, compared = table["role"], table["column"], 0
    judged = (table["state"] > 0).any(axis=2)
    variants, networks = int(judged[:, roles == "variants"].sum()), int(np.flatnonzero(roles == "networks")[0])

    def cell(claim: int, column: int) -> Cell:
        stored = {name: each[claim, column] for name, each in table.items() if each.shape[:2] == judged.shape}
        about = {"low": table["low"][claim], "high": table["high"][claim], "learned": table["learned"][claim] == 1}
        against, both = table["against"][claim] != "", table["question"][claim] == 1
        return Cell(**about, against=against, both_ways=both, recipes=roles[column] == "recipes", stored=stored)

    for claim, column in zip(*np.nonzero(judged), strict=True):
        of = cell(claim, column)
        shares, known = of.shares(), of.numbers[0][~np.isnan(of.numbers[0])]
        values: dict[str, Any] = {
            "share": np.array(shares)[:, :3],
            "known": np.array(shares)[:, 3],
            "verdict": "" if of.recipes else of.verdict(shares),
            "median": medians(known, None if of.recipes else of.stored["median"]),
        }
        if of.against:
            ours, theirs = of.numbers
            values["shift"] = shifts(ours, theirs, of.stored["shift"])
        many = {"networks": len(judged), "during": int(judged[claim, roles == "during"].sum())}.get(str(roles[column]))
        if many:
            at_once = of.at_once(shares, 1 - 0.05 / many)
            values |= {"at_once": at_once[0], "verdict_at_once": of.verdict(at_once)}
        elif roles[column] == "variants":
            other, among = cell(claim, networks), table["counts"][column] == "learned" and not of.learned
            if among:
                other = other.only_learned()
            pair = [each.at_once(each.shares(), 1 - 0.05 / variants)[0] for each in (of, other)]
            # Resamples of the networks that learned are not stored, so that the ends can only be taken as they are.
            unknown = of.stored["difference"][1:] if among and of.against else ()
            values["difference"] = (*difference(*pair)[: 3 - len(unknown)], *unknown)
        for name, value in values.items():
            compared += np.size(value)
            if not same(of.stored[name], value):
                yield f"{table['claim'][claim]}, {columns[column]}, {name}: {of.stored[name]} is not {value}"
    yield f"{path}: {compared:,} {COMPARED}"


def medians(known: Any, stored: Any | None) -> tuple[float, ...]:
    """The median of numbers with its interval."""
    if not len(known):
        return NONE
    value = float(np.median(known))
    if stored is None:
        return value, np.nan, np.nan
    return bootstrapped(value, lambda drawn: np.median(known[drawn], axis=1), len(known), len(known), stored)


def shifts(ours: Any, theirs: Any, stored: Any) -> tuple[float, ...]:
    """The shift of two populations with its interval."""
    known = min(int((~np.isnan(each)).sum()) for each in (ours, theirs))
    if not known:
        return NONE
    statistic = shift(ours, theirs)
    return bootstrapped(float(statistic(np.arange(len(ours))[None])[0]), statistic, len(ours), known, stored)


def same(stored: Any, found: Any) -> bool:
    """Whether texts are equal, and numbers up to rounding."""
    if isinstance(found, str):
        return str(stored) == found
    return np.allclose(np.asarray(stored, float), np.asarray(found, float), rtol=1e-9, atol=1e-9, equal_nan=True)


if __name__ == "__main__":
    lines = [line for path in PUBLISHED for line in differing(path)]
    print(*lines, sep="\n")
    sys.exit(any(not line.endswith(COMPARED) for line in lines))
