"""Reports the verdicts on claims. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.output import counted, listed
from lstm_toys.results.summary import finite
from lstm_toys.studies.claims.choices import COMBINATION
from lstm_toys.studies.claims.declaration import NETWORKS, Claims
from lstm_toys.studies.claims.entries import Comparison, Entry, Interval, Robustness, Share, SingleJudgment

NEARLY_ALL = 0.9
"""Lower end of the interval of a share above which nearly all networks meet a claim."""

STYLE: dict[str, Any] = {"box": None, "padding": (0, 1, 0, 0), "title_justify": "left"}


def report(declared: Claims, entries: Sequence[Entry], others: Sequence[Robustness]) -> Iterator[RenderableType]:
    """Yields the table of verdicts and shares of ``entries``, and remarks; ``others`` are verdicts by other choices."""
    marks: dict[str, int] = {}
    rows = []
    for entry in entries:
        notes = ",".join(str(marks.setdefault(remark, len(marks) + 1)) for remark in entry.remarks)
        share, interval = percent(entry.share), percents(entry.interval).strip("()")
        median = number(entry.median)
        claim = f"{entry.statement} ({entry.id})"
        rows.append((claim, said(entry), notes, share, interval, median, entry.meets))
    columns = ("claim", "verdict", "", "share>", "95 %>", "median>", "required")
    networks = counted(max(entry.seeds for entry in entries), "network")
    yield tables.table(f"{declared.title}, in {networks} each", columns, rows, **STYLE)
    yield from (f"{mark}) {remark}" for remark, mark in marks.items())
    yield from tables.few(min(each.counted for each in entries))
    if len(entries) > 1:
        yield at_once(entries)
    for name in named(each.variants for each in entries):
        every = {each.id: each.variants[name] for each in entries if name in each.variants}
        if other := ", ".join(f"{claim} {points(each)}" for claim, each in every.items() if each.differs):
            yield f"with {name} the share differs, in points of 100: {other}"
    for entry in entries:
        if turned := turns(entry):
            yield f"{entry.id} is {entry.verdict}, but {turned}"
    yield from reach(entries, declared.aspects)
    for entry in entries:
        if entry.diverged:
            treated = "without a number" if entry.excluded else "counted as not meeting it"
            yield f"{entry.id}: diverged and {treated}: seeds {listed(entry.diverged)}"
        yield from (f"{entry.id}: {each}" for each in details(entry))
    if others:
        yield "under other choices:"
        yield from (f"  {each.id}: {specified(each)}" for each in others)


def sentences(entry: Entry) -> list[str]:
    """Says what was found about a claim, for a report: shares, medians and remarks, each in a sentence.

    Args:
        entry: the entry of a claim, as `lt.claims.read` returns it.

    Returns:
        How many networks meet the claim and the median of their numbers, with 95 % intervals; then, where there is
        something to say, the number of the published network, each remark, and the variants of the networks that change
        the verdict. The text is plain: no characters are escaped.

    Example:
        >>> entries = lt.claims.read("results/claims/claims.json")  # doctest: +SKIP
        >>> lt.claims.sentences(entries[0])[0]  # doctest: +SKIP
        '64 of 64 networks meet it: 100% (95 % interval 94–100%).'
    """
    share = percent(entry.share) + _labeled(percents(entry.interval), "95 % interval")
    if (against := entry.threshold.against) is None:
        of = "networks with a number" if entry.lacking else "networks"
        said = [f"{entry.met} of {entry.counted} {of} meet it: {share}."]
    else:
        said = [f"In {share} of all pairs the number of one of these networks is above that of one of {against}."]
    spread = _labeled(numbers(entry.median_interval), "95 % bootstrap interval")
    said.append(f"The median is {number(entry.median)}{spread}.")
    said += [f"{each[0].upper()}{each[1:]}." for each in details(entry)]
    if published := entry.published:
        meets = "meets it" if published.meets else "does not meet it"
        below = f"; {rank(published)} are below it" if rank(published) else ""
        said.append(f"The published network has {number(published.value)} and {meets}{below}.")
    said += [f"{remark[0].upper()}{remark[1:]}." for remark in entry.remarks]
    return [*said, f"Among other networks the verdict turns: {turned}."] if (turned := turns(entry)) else said


def _labeled(interval: str, label: str) -> str:
    return interval and f" ({label} {interval.strip('()')})"


def rank(published: SingleJudgment) -> str:
    """Counts, in words, the networks with a lower number than the published one, and with the same; else ""."""
    if not published.ranks or NETWORKS not in published.ranks:  # The published answers are to other curves.
        return ""
    below, equal, whole = published.ranks[NETWORKS]
    return f"{below} of {counted(whole, 'network')}{f' ({equal} equal)' if equal else ''}"


def at_once(entries: Sequence[Entry]) -> str:
    """Lists the verdicts that become undecided with simultaneous intervals for all claims."""
    fallen = [each.id for each in entries if each.simultaneous.verdict != each.verdict]
    intervals_of = f"with intervals for all {counted(len(entries), 'claim')} at once (Clopper-Pearson, Bonferroni)"
    return f"{intervals_of} {'undecided: ' + ', '.join(fallen) if fallen else 'every verdict stands'}"


def turns(entry: Entry) -> str:
    """Lists the variants that change the verdict, in words; empty if none does."""
    others: dict[str, list[str]] = {}
    for name, variant in entry.variants.items():
        if variant.counted and variant.verdict != entry.verdict:
            others.setdefault(variant.verdict, []).append(name)
    return "; ".join(f"{verdict} with {', '.join(names)}" for verdict, names in others.items())


def reach(entries: Sequence[Entry], aspects: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yields a line per aspect with the claims about it; see `Claims`.

    A claim is about an aspect if its share is higher in all variants that lack it, or lower in all.
    """
    for aspect, names in aspects.items():
        about = []
        for each in entries:
            variants = [each.variants[name] for name in names if name in each.variants]
            signs = {variant.difference > 0 if variant.differs else None for variant in variants}
            if len(variants) == len(names) and signs in ({True}, {False}):
                about.append(each.id)
        if about:
            yield f"about {aspect}, since the share differs with {' and with '.join(names)}: {', '.join(about)}"


def said(entry: Entry) -> str:
    """The verdict, and whether nearly all networks meet the claim."""
    most = entry.verdict == "supported" and entry.interval is not None and entry.interval[0] > NEARLY_ALL
    return f"{entry.verdict}, nearly all" if most and entry.threshold.against is None else entry.verdict


def details(entry: Entry) -> Iterator[str]:
    """Yields what belongs to a verdict, in words: effect, networks without a number, power if it is undecided."""
    if (distance := entry.distance) is not None and np.isfinite(distance.median):
        side = "inside" if distance.median >= 0 else "beyond"
        ends = distance.median_interval
        around = _labeled(numbers(ends), "95 % bootstrap interval")
        nearer = "the nearer threshold" if len(entry.threshold.ends) > 1 else "the threshold"
        yield f"the median is {number(abs(distance.median))} {side} {nearer}; signed, {number(distance.median)}{around}"
    if (pairs := entry.pairs) is not None and (every := sum(pairs)):
        above, tied, below = (percent(each / every) for each in pairs)
        other = entry.threshold.against
        yield f"of all pairs, ours is above {other}'s in {above}, equal in {tied}, below in {below}"
        if entry.shift is not None:
            around = _labeled(numbers(entry.shift.interval), "95 % bootstrap interval")
            yield f"the median difference is {number(entry.shift.shift)}{around}"
    if entry.bounds is not None:
        yield lacking(entry)
    if entry.outside is not None:
        yield f"if networks that did not learn counted, {_ends(entry.outside)}; this decides nothing"
    if entry.verdict == "undecided" and not entry.turned and entry.known:
        chances = ", ".join(f"{chance:.2f} at {share:g}" for share, chance in entry.power.items())
        of = "probability" if entry.threshold.against else "share"
        decide = "decides" if entry.known == 1 else "decide"
        yield (
            f"{counted(entry.known, 'network')} {decide} with a probability of {chances}, by the true {of}; more are "
            "added by another base seed, which judges alone"
        )


def lacking(entry: Entry) -> str:
    """States how many networks have no number, and what the verdict would be if they failed, or met the claim."""
    said = f"{entry.lacking} of {entry.seeds - len(entry.unlearned)} have no number"
    if (theirs := entry.against_per_seed) is not None:
        said += f", and {int(np.isnan(theirs).sum())} of {len(theirs)} of {entry.threshold.against}"
    decides = "they could turn the verdict: " if entry.turned else ""
    return f"{said}; {decides}{_ends(entry.bounds or [])}"


def _ends(bounds: Sequence[Share]) -> str:
    fail, meet = (f"{percent(each.share)} {percents(each.interval)}".strip() for each in bounds)
    return f"if all of them failed, {fail} would meet it, if all met it, {meet}"


def number(value: float) -> str:
    """Formats a number; a dash if it is not finite."""
    return tables.number(finite(value))


def numbers(interval: Interval) -> str:
    """Formats both ends of an interval, in parentheses; empty without one."""
    return "" if interval is None else f"({number(interval[0])} to {number(interval[1])})"


def specified(found: Robustness) -> str:
    """Says how a verdict stands other choices: its level, and the choices that turn it or leave it undecided."""
    if found.level is None:
        return "undecided"

    def told(kind: str, names: Sequence[str]) -> str:
        if kind == COMBINATION:
            return f"combinations ({len(names)} of {found.kinds[kind].judged})"
        return f"{kind} ({'; '.join(names)})"

    depends, undecided = (
        ", ".join(told(*each) for each in kinds.items()) for kinds in (found.depends, found.undecided)
    )
    if found.level == "not tested":
        tried = counted(sum(each.tried for each in found.kinds.values()), "choice")
        stands = f"not tested: {len(found.judged)} of {tried} could be judged{f'; turned by {depends}' * bool(depends)}"
    else:
        stands = f"depends on {depends}" if depends else f"{found.level}: {found.agree} of {len(found.judged)} agree"
    return f"{stands}; undecided under {undecided}" if undecided else stands


def percent(share: float) -> str:
    """Formats a share as a percentage; a dash if there is none."""
    return "–" if np.isnan(share) else f"{share:.0%}"


def percents(interval: Interval) -> str:
    """Formats both ends of an interval of shares as percentages, in parentheses; empty without one."""
    return "" if interval is None or np.isnan(interval[0]) else f"({100 * interval[0]:.0f}–{interval[1]:.0%})"


def points(variant: Comparison) -> str:
    """Formats a difference of shares in percentage points, with its interval."""
    if np.isnan(variant.difference):
        return "–"
    ends = variant.difference_interval
    interval = "" if ends is None else f" ({100 * ends[0]:+.0f} to {100 * ends[1]:+.0f})"
    return f"{100 * variant.difference:+.0f}{interval}"


def named(groups: Iterable[Iterable[str]]) -> list[str]:
    """All names in groups, each once."""
    return list(dict.fromkeys(name for group in groups for name in group))
