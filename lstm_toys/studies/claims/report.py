"""Reports the verdicts on claims. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.output import counted, listed
from lstm_toys.results.summary import finite
from lstm_toys.statistics import comparisons, intervals
from lstm_toys.statistics.intervals import Estimate
from lstm_toys.studies.claims.declaration import ANSWERS, Claims, Verdict, verdict
from lstm_toys.studies.claims.table import Cell, Row, percent, percents

NEARLY_ALL = 0.9
"""Lower end of the interval of a share above which nearly all networks meet a claim."""

OTHERWISE: Mapping[Verdict, str] = {
    "refuted": "Not true of most networks",
    "undecided": "Undecided",
    "ours higher": "Ours are higher",
    "theirs higher": "Theirs are higher",
}
"""What is said of claims with a verdict other than supported."""

STYLE: dict[str, Any] = {"box": None, "padding": (0, 1, 0, 0), "title_justify": "left"}


def report(declared: Claims, entries: Sequence[Row], choices: Sequence[Row]) -> Iterator[RenderableType]:
    """Yields the answer, tables and remarks; ``choices`` are the rows of other thresholds and numbers."""
    yield from answer(entries)
    marks: dict[str, int] = {}
    rows = []
    for entry in entries:
        notes = ",".join(str(marks.setdefault(remark, len(marks) + 1)) for remark in entry.remarks)
        share, interval = percent(entry.share.value), percents(entry.share).strip("()")
        median = number(entry.median.value)
        claim = f"{entry.statement} ({entry.id})"
        rows.append((claim, said(entry), notes, share, interval, median, entry.meets))
    columns = ("claim", "verdict", "", "meet it>", "95 % interval>", "median>", "required")
    networks = counted(max(entry.seeds for entry in entries), "network")
    yield tables.table(f"{declared.title}, in {networks} each", columns, rows, **STYLE)
    yield from new_recipes(declared, entries)
    yield from (f"{mark}) {remark}" for remark, mark in marks.items())
    yield from tables.few(min(each.counted for each in entries))
    if len(entries) > 1:
        yield at_once(entries)
    for name in named(each.variants for each in entries):
        every = {each.id: each.variants[name] for each in entries if name in each.variants}
        if other := ", ".join(f"{claim} {points(each)}" for claim, each in every.items() if differs(each)):
            yield f"with {name} the share differs, in points of 100: {other}"
    for entry in entries:
        if turned := turns(entry):
            yield f"{entry.id} is {entry.verdict}, but {turned}"
    yield from reach(entries, declared.aspects)
    for entry in entries:
        if entry.diverged:
            treated = "counted as not meeting it" if entry.learned else "without a number"
            yield f"{entry.id}: diverged and {treated}: seeds {listed(entry.diverged)}"
        yield from (f"{entry.id}: {each}" for each in details(entry))
    for entry in entries:
        yield from (f"{entry.id}: {each}" for each in under_choices(entry, choices))


def answer(entries: Sequence[Row]) -> Iterator[str]:
    """Yields what was found, in words: about a single claim, or which of several do not hold for most networks."""
    if len(entries) == 1:
        yield f"{entries[0].statement}: {said(entries[0])}. {sentences(entries[0])[0]}"
        return
    yield f"{heading(entries)}."
    for found, words in OTHERWISE.items():
        if statements := [each.statement for each in entries if each.verdict == found]:
            yield f"{words}: {'; '.join(statements)}."


def heading(entries: Sequence[Row]) -> str:
    """Counts the claims that hold, and apart from them questions about which of two populations has higher numbers."""
    asked = [each for each in entries if each.question]
    claims, hold = len(entries) - len(asked), sum(each.verdict == "supported" for each in entries)
    parts = [f"{hold} of {counted(claims, 'claim')} hold for most networks"] * bool(claims)
    decided = sum(each.verdict in ANSWERS.values() for each in asked)
    return "; ".join(parts + [f"{decided} of {counted(len(asked), 'comparison')} decided"] * bool(asked))


def new_recipes(declared: Claims, entries: Sequence[Row]) -> Iterator[RenderableType]:
    """Yields both answers of each claim, of this recipe and of new ones, and what the new ones are drawn from."""
    known = [(entry, cell) for entry in entries for cell in entry.recipes.values()]
    if not known:
        return
    rows = []
    for entry, cell in known:
        ours = f"{percent(entry.share.value)}, {entry.verdict}"
        theirs = percent(cell.share.value), percents(cell.share).strip("()"), number(cell.median.value)
        rows.append((entry.id, ours, f"{cell.learners} of {cell.seeds}", *theirs, *map(percent, cell.agreement)))
    columns = ("claim", "this recipe", "learned>", "new>", "interval>", "median>", "both>", "one>", "neither>")
    title = (
        "meet the claim: networks of this recipe, of new ones (95 % interval); both networks of a recipe, one, neither"
    )
    yield tables.table(title, columns, rows, **STYLE)
    yield from distributions(declared)
    for entry, cell in known:
        yield from (f"{entry.id}, new recipes: {each}" for each in _uncounted(cell))


def distributions(declared: Claims) -> Iterator[str]:
    """Yields a line for each distribution of recipes, with the populations that claims need."""
    used = set[str]().union(*map(declared.alike, declared.claims))
    for text in dict.fromkeys(f"{each.name} ({each})" for name, each in declared.recipes.items() if name in used):
        names = [name for name, each in declared.recipes.items() if name in used and f"{each.name} ({each})" == text]
        yield f"new recipes of {listed(names)} are drawn, two networks each, from {text}"


def of_new_recipes(entry: Row) -> Iterator[str]:
    """Yields what networks of new recipes say about a claim, in words, if there are any."""
    for cell in entry.recipes.values():
        yield (
            f"of new recipes, in which {cell.learners} of {counted(cell.seeds, 'network')} learned, "
            f"{percent(cell.share.value)} {percents(cell.share)} of {cell.known} meet it; the median is "
            f"{number(cell.median.value)}; where both networks of a recipe have a number, both meet it in "
            f"{percent(cell.agreement.all)} of recipes, one in {percent(cell.agreement.some)}, neither in "
            f"{percent(cell.agreement.none)}"
        )
        yield from (f"of new recipes, {each}" for each in _uncounted(cell))


def _uncounted(cell: Cell, against: str = "") -> Iterator[str]:
    """Yields how many networks have no number, and what if they, or those that did not learn, failed or met the claim.

    ``against`` is the other population of a claim that compares two.
    """
    if cell.bounds is not None:
        lacking = f"{cell.lacking} of {cell.seeds - len(cell.unlearned)} have no number"
        if against:
            lacking += f", and {int(np.isnan(cell.other_number).sum())} of {len(cell.other_number)} of {against}"
        yield f"{lacking}; {'they could turn the verdict: ' * turned(cell)}{_ends(cell.bounds)}"
    if cell.outside is not None:
        yield f"if networks that did not learn counted, {_ends(cell.outside)}; this decides nothing"


def sentences(entry: Row) -> list[str]:
    """Says what was found about a claim, for a report: shares, medians and remarks, each in a sentence.

    Args:
        entry: what was found about a claim, one of `lt.claims.rows`.

    Returns:
        How many networks meet the claim and the median of their numbers, with 95 % intervals; then, where there is
        something to say, the number of the published answers, each remark, and the variants of the networks that change
        the verdict. The text is plain: no characters are escaped.

    Example:
        >>> table = lt.claims.read("results/claims/claims.json")  # doctest: +SKIP
        >>> lt.claims.sentences(lt.claims.rows(table)[0])[0]  # doctest: +SKIP
        '64 of 64 networks meet it: 100% (95 % interval 94–100%).'
    """
    share, interval = percent(entry.share.value), _labeled(percents(entry.share), "95 % interval")
    if entry.against:
        pairs = {0.0: "no pair", 1.0: "every pair"}.get(entry.share.value, f"{share} of all pairs")
        both = f"one of these networks and one of {entry.against}"
        said = [f"In {pairs} of {both}, the first has the higher number{interval}."]
    else:
        of = "networks with a number" if entry.lacking else "networks"
        said = [f"{entry.met} of {entry.counted} {of} meet it: {share}{interval}."]
    said += [f"{each[0].upper()}{each[1:]}." for each in details(entry)]
    if published := entry.published:
        meet = "meet it" if published.meets else "do not meet it"
        below = f"; on the same curves, {rank(entry)} are below them" if rank(entry) else ""
        said.append(f"The published answers have {number(published.value)} and {meet}{below}.")
    said += [f"{line[0].upper()}{line[1:]}." for line in (*of_new_recipes(entry), *entry.remarks)]
    return [*said, f"Among other networks the verdict turns: {turned}."] if (turned := turns(entry)) else said


def _labeled(interval: str, label: str) -> str:
    return interval and f" ({label} {interval.strip('()')})"


def with_interval(estimate: Estimate) -> str:
    """Formats an estimate with its bootstrap interval, if it has one."""
    return number(estimate.value) + _labeled(numbers(estimate), "95 % bootstrap interval")


def rank(entry: Row) -> str:
    """Counts, in words, the networks with a lower number than the published answers, and with the same; else ""."""
    if not entry.rank:  # The published answers are to other curves.
        return ""
    below, equal, whole = entry.rank
    return f"{below} of {counted(whole, 'network')}{f' ({equal} equal)' if equal else ''}"


def at_once(entries: Sequence[Row]) -> str:
    """Lists the verdicts that become undecided with simultaneous intervals for all claims."""
    fallen = [each.id for each in entries if each.verdict_at_once != each.verdict]
    intervals_of = f"with intervals for all {counted(len(entries), 'claim')} at once (Clopper-Pearson, Bonferroni)"
    return f"{intervals_of} {'undecided: ' + ', '.join(fallen) if fallen else 'every verdict stands'}"


def turns(entry: Row) -> str:
    """Lists the variants that change the verdict, in words; empty if none does."""
    others: dict[str, list[str]] = {}
    for name, variant in entry.variants.items():
        if variant.counted and variant.verdict != entry.verdict:
            others.setdefault(variant.verdict, []).append(name)
    return "; ".join(f"{verdict} with {', '.join(names)}" for verdict, names in others.items())


def differs(variant: Cell) -> bool:
    """Whether the interval of the difference excludes 0."""
    return variant.difference.low > 0 or variant.difference.high < 0


def reach(entries: Sequence[Row], aspects: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yields a line per aspect with the claims about it, since variants lack it; see `Claims`."""
    for aspect, names in aspects.items():
        if about := differing(entries, names):
            yield f"about {aspect}, since the share differs with {' and with '.join(names)}: {', '.join(about)}"


def differing(entries: Sequence[Row], names: Sequence[str]) -> list[str]:
    """The claims whose share is higher in all of these variants, or lower in all."""
    found = []
    for each in entries:
        variants = [each.variants[name] for name in names if name in each.variants]
        signs = {variant.difference.value > 0 if differs(variant) else None for variant in variants}
        if len(variants) == len(names) and signs in ({True}, {False}):
            found.append(each.id)
    return found


def said(entry: Row) -> str:
    """The verdict, and whether nearly all networks meet the claim."""
    most = entry.verdict == "supported" and entry.share.low > NEARLY_ALL and not entry.against
    return f"{entry.verdict}, nearly all" if most else str(entry.verdict)


def details(entry: Row) -> Iterator[str]:
    """Yields what belongs to a verdict, in words: effect, networks without a number, power if it is undecided."""
    yield f"the median is {with_interval(entry.median)}{distance(entry)}"
    if entry.against and (every := sum(pairs := comparisons.pairs(entry.number, entry.other_number))):
        above, tied, below = (percent(each / every) for each in pairs)
        yield f"of all pairs, ours is above {entry.against}'s in {above}, equal in {tied}, below in {below}"
        yield f"the median difference is {with_interval(entry.shift)}"
    yield from _uncounted(entry, entry.against)
    if entry.verdict == "undecided" and not turned(entry) and entry.known:
        power = comparisons.power if entry.against else intervals.power
        chances = ", ".join(f"{power(entry.known, share):.0%} at {share:.0%}" for share in (0.6, 0.7, 0.8, 0.9))
        yield (
            f"with {counted(entry.known, 'network')}, the chance of a verdict is {chances}, by the true share of "
            f"{'pairs' if entry.against else 'networks'}. To decide it, judge more networks of another base seed alone"
        )


def distance(entry: Row) -> str:
    """Says how far the median is from the nearer threshold, if there is one: ", 0.05 above the limit of 0.2"."""
    nearer = min((entry.low, entry.high), key=lambda limit: abs(entry.median.value - limit))
    far = entry.median.value - nearer
    if not np.isfinite(far):
        return ""
    beside = f"{number(abs(far))} {'above' if far > 0 else 'below'}" if far else "at"
    return f", {beside} the limit of {number(nearer)}"


def turned(cell: Cell) -> bool:
    """Whether it is undecided because networks without a number could turn the verdict."""
    return bool(cell.verdict == "undecided" != verdict(cell.share))


def _ends(bounds: Sequence[Estimate]) -> str:
    fail, meet = (f"{percent(each.value)} {percents(each)}".strip() for each in bounds)
    return f"if all of them failed, {fail} would meet it, if all met it, {meet}"


def under_choices(entry: Row, choices: Sequence[Row]) -> Iterator[str]:
    """Yields a line about the verdicts by other thresholds and numbers, if there are any."""
    if own := [each for each in choices if each.of == entry.id]:
        agree = sum(each.verdict == entry.verdict for each in own)
        others = [f"{shown(each)}, {each.verdict}" for each in own if each.verdict != entry.verdict]
        more = f"; not by {'; '.join(others)}" * bool(others)
        yield f"the same verdict by {agree} of {counted(len(own), 'other threshold')} and numbers{more}"


def shown(choice: Row) -> str:
    """A choice, and the share of networks that meet the claim under it."""
    return f"{choice.kind} {choice.choice}: {percent(choice.share.value)} {percents(choice.share)}".strip()


def number(value: float) -> str:
    """Formats a number; a dash if it is not finite."""
    return tables.number(finite(value))


def numbers(interval: Estimate) -> str:
    """Formats both ends of an interval, in parentheses; empty without one."""
    return "" if np.isnan(interval.low) else f"({number(interval.low)} to {number(interval.high)})"


def percents_of(agreement: Sequence[float]) -> str:
    """Formats the shares of recipes of whose networks all, some and none meet a claim."""
    return ", ".join(map(percent, agreement))


def points(variant: Cell) -> str:
    """Formats a difference of shares in percentage points, with its interval."""
    value, low, high = variant.difference
    if np.isnan(value):
        return "–"
    return f"{100 * value:+.0f}{'' if np.isnan(low) else f' ({100 * low:+.0f} to {100 * high:+.0f})'}"


def named(groups: Iterable[Iterable[str]]) -> list[str]:
    """All names in groups, each once."""
    return list(dict.fromkeys(name for group in groups for name in group))
