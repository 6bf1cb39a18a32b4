"""Verdicts in words and as a Markdown table. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.output import counted
from lstm_toys.studies.claims.claim import INPUT
from lstm_toys.studies.claims.declaration import NETWORKS
from lstm_toys.text import escape

LEGEND = """\
A claim is supported where the interval of the share lies above one half, refuted where it lies below, else undecided.
The interval is Wilson's. Where a claim compares two populations, the share is the probability that a network's number
is above the number of a network of the other population, with a bootstrap interval or, if the two do not overlap, the
exact interval (Clopper-Pearson) of a share of the smaller one. For several claims at once, shares have exact intervals,
and bootstrap intervals are widened as normal ones would be. Medians have bootstrap intervals; what resampling does not
change has no interval. *Copy* answers what it is shown, *clipped copy* that within (-1, 1), which is all that a last
layer of cells within (-1, 1) can answer; where numbers are read off a curve the true value stands in its place, and
says so, and where nothing can be copied, *none*. ✓ meets the claim, ✗ does not. The other columns are shares of
networks under other conditions, and are empty for claims that networks fail at something: networks that learned nothing
fail too."""

PUBLISHED = """\
The published value is the same statistic on its published answers. How many networks are below it, and how many are
equal, is counted on the curves to which there are published answers."""

DIFFERENCES = """\
By how many points of 100 the share of other networks that meet the claim is above that of the networks above; in bold
where its interval excludes 0. Intervals combine the exact ones (Clopper-Pearson) of both shares, or bootstrap intervals
(Zou and Donner, 2008), with Bonferroni's correction for all differences of the table."""

LEARNED = """\
Of {names} only networks that learned their task count, unless the claim is that something was learned, and they are
compared with networks that learned it."""

EQUAL_LOSS = """\
Of {names} each network counts at the first of some numbers of steps at which its training loss is at most the median
final loss of the networks above. Networks that never get there do not count."""

RESOLUTIONS = (16, 64, 256)
"""Numbers of networks for which the report states the smallest share that they distinguish from one half."""


def differing(name: str, variants: Mapping[str, dict[str, Any]]) -> str:
    """The claims whose share differs with a variant, in words; ``variants`` are its entries by claim."""
    compared = {claim: each for claim, each in variants.items() if each["difference"] is not None}
    if not compared:
        return f"with {name}: no comparison, since no network counts"
    if other := ", ".join(f"{claim} {points(each)}" for claim, each in compared.items() if differs(each)):
        return f"with {name} the share differs, in points of 100: {other}"
    return f"with {name} no share differs"


def controls_table(entries: list[dict[str, Any]]) -> Iterator[RenderableType]:
    """Yields a table of the shares of controls that meet the claims, if there are controls."""
    names = named(entries, "controls")
    held = [entry for entry in entries if entry["controls"]]
    rows = [
        [entry["id"], percent(entry["share"]), *(_percent(entry["controls"].get(name)) for name in names)]
        for entry in held
    ]
    if rows:
        columns = ("claim", "networks>", *(f"{name}>" for name in names))
        style: dict[str, Any] = {"box": None, "padding": (0, 1, 0, 0), "title_justify": "left"}
        yield tables.table("the share of controls that meet them", columns, rows, fold=True, **style)


def rank(entry: dict[str, Any], column: str) -> str:
    """Counts, in words, the networks of a column with a lower number than the published one, and with the same."""
    below, equal, whole = entry["published"]["ranks"][column]
    return f"{below} of {counted(whole, 'network')}{f' ({equal} equal)' if equal else ''}"


def at_once(entries: Sequence[dict[str, Any]]) -> str:
    """Lists the verdicts that become undecided with simultaneous intervals for all claims."""
    fallen = [each["id"] for each in entries if each["simultaneous"]["verdict"] != each["verdict"]]
    intervals_of = f"with intervals for all {counted(len(entries), 'claim')} at once (Clopper-Pearson, Bonferroni)"
    return f"{intervals_of} {'undecided: ' + ', '.join(fallen) if fallen else 'every verdict stands'}"


def resolution(numbers: Sequence[int]) -> str:
    """States the smallest share that each number of networks distinguishes from one half."""
    from lstm_toys.statistics.intervals import decidable

    least = [f"{percent(decidable(each) / each)} of {each}" for each in numbers]
    return f"least share told from one half: {', '.join(least)} networks"


def turns(entry: dict[str, Any]) -> str:
    """Lists the variants that change the verdict, in words; empty if none does."""
    others: dict[str, list[str]] = {}
    for name, variant in entry["variants"].items():
        if variant["counted"] and variant["verdict"] != entry["verdict"]:
            others.setdefault(variant["verdict"], []).append(name)
    return "; ".join(f"{verdict} with {', '.join(names)}" for verdict, names in others.items())


def reach(entries: list[dict[str, Any]], aspects: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yields a line per aspect with the claims whose share differs in the variants that lack it; see `Claims`.

    A claim is about an aspect if its share is higher in all of these variants, or lower in all.
    """
    rest = [
        each["id"] for each in entries if all(name in each["variants"] for names in aspects.values() for name in names)
    ]
    for aspect, names in aspects.items():
        variants = {each["id"]: each["variants"] for each in entries if all(name in each["variants"] for name in names)}
        changed = {claim: [name for name in names if differs(each[name])] for claim, each in variants.items()}
        signs = {claim: {variants[claim][name]["difference"] > 0 for name in each} for claim, each in changed.items()}
        throughout = {claim for claim, each in changed.items() if each and len(each) == len(names)}
        if about := [claim for claim in changed if claim in throughout and len(signs[claim]) == 1]:
            yield f"about {aspect}, since the share differs with {' and with '.join(names)}: {', '.join(about)}"
        if opposed := [claim for claim in changed if len(signs[claim]) > 1]:
            yield f"the share differs with {' and '.join(names)}, but in opposite directions: {', '.join(opposed)}"
        if some := [
            f"{claim} ({', '.join(each)})" for claim, each in changed.items() if each and claim not in throughout
        ]:
            yield f"perhaps about {aspect}, since the share differs with some: {', '.join(some)}"
        rest = [claim for claim in rest if not changed[claim]]
    if aspects and rest:
        every = dict.fromkeys(name for names in aspects.values() for name in names)
        yield f"about none of these, since no share differs with {', '.join(every)}: {', '.join(rest)}"


def markdown(
    entries: list[dict[str, Any]],
    title: str,
    conditions: str,
    aspects: Mapping[str, Sequence[str]] | None = None,
    counting: Mapping[str, str] | None = None,
) -> str:
    """Formats all entries as the text of ``claims.md``.

    Args:
        conditions: one line of Markdown.
        counting: by variant, which networks count; see `Variant`.
    """
    counting = counting or {}
    lines = [f"# {_sentence(title)}", "", conditions, ""]
    names, nulls = named(entries, "controls"), named(entries, "null")
    published = ["the published"] if any(each["published"] for each in entries) else []
    head = ["claim", "verdict", "share of networks (95 % interval)", "median (95 % interval)", "met", *published]
    head += map(escape, (*nulls, *names))
    lines += ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for each in entries:
        cells = [
            _link(each),
            f"**{each['verdict']}**",
            f"{percent(each['share'])} {percents(each['interval'])}".strip(),
            _median(each),
            escape(each["meets"]),
            *(_published(each["published"]) for _ in published),
            *(_null(each["null"].get(name)) for name in nulls),
            *(_share(each["controls"].get(name)) for name in names),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", LEGEND, *([PUBLISHED] if published else [])]
    lines += ["", f"{_sentence(at_once(entries))}. {_sentence(resolution(RESOLUTIONS))}."]
    if variants := named(entries, "variants"):
        head = [escape(_sized(entries, name)) for name in variants]
        lines += ["", "## With other networks", "", "| claim | share of networks | " + " | ".join(head) + " |"]
        lines.append("|" + "---|" * (2 + len(variants)))
        for each in entries:
            differences = map(_points, (each["variants"].get(name) for name in variants))
            cells = [_link(each), percent(each["share"]), *differences]
            lines.append("| " + " | ".join(cells) + " |")
        lines += ["", DIFFERENCES]
        for words, kind in ((LEARNED, "learned"), (EQUAL_LOSS, "equal loss")):
            if names_of := [name for name in variants if counting.get(name) == kind]:
                lines.append(words.format(names=escape(", ".join(names_of))))
        lines += ["", *(f"- {_sentence(line)}." for line in reach(entries, aspects or {}))]
    for each in entries:
        lines += [
            "",
            f"### {escape(each['id'])}",
            "",
            f"> {escape(each['quote'])}",
            "",
            f"- {escape(each['statistic'])}; {escape(each['meets'])}.",
        ]
        lines += [f"- But {escape(remark)}." for remark in each["remarks"]]
        if turned := turns(each):
            lines.append(f"- The verdict turns: {escape(turned)}.")
        if each["published"]:
            below = ", ".join(f"{rank(each, name)}{_with(name)}" for name in each["published"]["ranks"])
            lines.append(f"- Below the published {number_of(each)} are {escape(below)}.")
        lines += [
            f"- Baseline, {escape(what)}: {_median(baseline)}"
            + (f"; published: {tables.number(each['published']['baselines'][what])}." if each["published"] else ".")
            for what, baseline in each["baselines"].items()
        ]
        if each["diverged"]:
            what = "left out" if each["excluded"] else "counted as not meeting it"
            lines.append(f"- Diverged, {what}: seeds {', '.join(map(str, each['diverged']))}.")
        if unlearned := {
            name: len(other["unlearned"]) for name, other in each["variants"].items() if other["unlearned"]
        }:
            others = ", ".join(f"{count} of {name}" for name, count in unlearned.items())
            lines.append(f"- Not counted, since they did not learn: {escape(others)}.")
        if each["meaningless"]:
            lines.append(f"- {meaningless(each)[0].upper()}{meaningless(each)[1:]}.")
    return "\n".join(lines) + "\n"


def numbers(interval: list[float | None] | None) -> str:
    """Formats an interval of numbers."""
    return "" if interval is None else f"({tables.number(interval[0])} to {tables.number(interval[1])})"


def percent(share: float | None) -> str:
    """Formats a share."""
    return "–" if share is None else f"{share:.0%}"


def percents(interval: list[float] | None) -> str:
    """Formats an interval of shares."""
    return "" if interval is None else f"({100 * interval[0]:.0f}–{interval[1]:.0%})"


def points(variant: dict[str, Any]) -> str:
    """Formats a difference of shares in percentage points, with its interval."""
    if variant["difference"] is None:
        return "–"
    interval = variant["difference_interval"]
    ends = "" if interval is None else " ({:+.0f} to {:+.0f})".format(*(100 * end for end in interval))
    return f"{100 * variant['difference']:+.0f}{ends}"


def differs(variant: dict[str, Any]) -> bool:
    """Whether the interval of a variant's difference excludes 0."""
    interval = variant["difference_interval"]
    return interval is not None and not interval[0] <= 0 <= interval[1]


def named(entries: list[dict[str, Any]], kind: str) -> list[str]:
    """All names of controls, variants or models, each once."""
    return list(dict.fromkeys(name for each in entries for name in each[kind]))


def _sentence(text: str) -> str:
    """Capitalizes and escapes text for Markdown."""
    return escape(text[:1].upper() + text[1:])


def _link(entry: dict[str, Any]) -> str:
    """Links to a claim's heading by the anchor that Markdown renderers give it."""
    return f"[{escape(entry['id'])}](#{entry['id'].lower().replace('.', '')})"


def _sized(entries: list[dict[str, Any]], name: str) -> str:
    """A variant's name, with its number of networks if that is unusual."""
    sizes = {each["variants"][name]["seeds"] for each in entries if name in each["variants"]}
    return name if sizes <= {each["seeds"] for each in entries} else f"{name} (of {max(sizes)})"


def _with(column: str) -> str:
    return "" if column == NETWORKS else f" with {column}"


def _percent(population: dict[str, Any] | None) -> str:
    return "" if population is None else percent(population["share"])


def _median(entry: dict[str, Any]) -> str:
    """A median with its interval, if it has one."""
    return f"{tables.number(entry['median'])} {numbers(entry['median_interval'])}".strip()


def meaningless(entry: dict[str, Any]) -> str:
    """Says of how many networks the number has no meaning."""
    count = entry["meaningless"]
    return f"the number has no meaning for {count} network{'s' * (count > 1)}, counted as not meeting it"


def _points(variant: dict[str, Any] | None) -> str:
    if variant is None:
        return ""
    return f"**{points(variant)}**" if differs(variant) else points(variant)


def _published(single: dict[str, Any] | None) -> str:
    if single is None:
        return ""
    below, equal, whole = single["ranks"][NETWORKS]
    return f"{_value(single)}, {below} of {whole} below{f', {equal} equal' if equal else ''}"


def number_of(entry: dict[str, Any]) -> str:
    """Formats the published number."""
    return tables.number(entry["published"]["value"])


def _value(single: dict[str, Any] | None) -> str:
    return "" if single is None else f"{tables.number(single['value'])} {'✓' if single['meets'] else '✗'}"


def _null(single: dict[str, Any] | None) -> str:
    """Formats the value of a model without a network, with its answer unless that is the input."""
    if single is None:
        return "none"
    return _value(single) if single["answers"] == INPUT else f"{single['answers']}: {_value(single)}"


def _share(population: dict[str, Any] | None) -> str:
    return "" if population is None else f"{percent(population['share'])}, {population['verdict']}"
