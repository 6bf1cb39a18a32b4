"""Reports verdicts as a Markdown table and on the terminal. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.files import read_json_list
from lstm_toys.markdown import escape
from lstm_toys.output import counted, listed
from lstm_toys.studies.claims.claim import INPUT
from lstm_toys.studies.claims.declaration import NETWORKS

if TYPE_CHECKING:
    from lstm_toys.studies.claims.study import ClaimStudy

LEGEND = """\
A claim is supported where the interval of the share lies above one half, refuted where it lies below, else undecided.
The interval is Wilson's; where the claim holds one population against another, the share is the probability that a
network's number is above that of one of the other, with a bootstrap interval, which medians have too. *Copy* answers
what it is shown, *clipped copy* that within (-1, 1), which is all that a last layer of cells within (-1, 1) can answer;
where numbers are read off a curve the true value stands in its place, and says so, and where nothing can be copied,
*none*. ✓ meets the claim, ✗ does not. The other columns are shares of networks under other conditions."""

PUBLISHED = """\
The published value is the same statistic on its published answers; how many networks are below it is its rank."""

DIFFERENCES = """\
By how many points of 100 the share of other networks that meet the claim is above that of the networks above, with the
95 % interval of a difference of independent shares (Newcombe, 1998, method 10); in bold where it leaves out 0."""


def report(study: ClaimStudy, metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Yields the table of verdicts and shares, and remarks below it."""
    entries = read_json_list(study.run.checked("claims.json"))
    marks: dict[str, int] = {}
    rows = []
    for entry in entries:
        notes = ",".join(str(marks.setdefault(remark, len(marks) + 1)) for remark in entry["remarks"])
        share, interval = percent(entry["share"]), percents(entry["interval"]).strip("()")
        median = tables.number(entry["median"])
        rows.append((entry["id"], entry["verdict"], notes, share, interval, median, entry["meets"]))
    columns = ("claim", "verdict", "", "share>", "95 %>", "median>", "meets it")
    question = study.question
    trained = f", in {counted(study.settings.seeds, 'network')} each" if metrics["runs_seconds"] else ""
    title = f"{question.declared.title}{trained}"
    yield tables.table(title, columns, rows, box=None, padding=(0, 1, 0, 0), title_justify="left")
    yield from _controls(entries)
    yield from (f"{mark}) {remark}" for remark, mark in marks.items())
    if nobody := [each["id"] for each in entries if not each["counted"]]:
        yield f"every network diverged, so that nothing is judged: {', '.join(nobody)}"
    yield from tables.few(min((each["counted"] for each in entries if each["counted"]), default=0))
    for name, path in question.answers.items():
        yield f"{name} is judged by the answers in {path}, beside which there are no controls and no variants"
    for name in named(entries, "variants"):
        by_claim = {entry["id"]: entry["variants"][name] for entry in entries if name in entry["variants"]}
        other = ", ".join(f"{each} {points(variant)}" for each, variant in by_claim.items() if differs(variant))
        yield f"with {name} the share differs, in points of 100: {other}" if other else f"with {name} no share differs"
    for entry in entries:
        if entry["published"]:
            below, whole = entry["published"]["below"][NETWORKS]
            networks = f"{below} of {counted(whole, 'network')}"
            yield f"{entry['id']}: {networks} are below the published {_number_of(entry)}"
        if turned := turns(entry):
            yield f"{entry['id']} is {entry['verdict']}, but {turned}"
    yield from reach(entries, question.declared.aspects)
    for entry in entries:
        if entry["diverged"]:
            treated = "left out" if entry["excluded"] else "counted as not meeting it"
            yield f"{entry['id']}: diverged and {treated}: seeds {listed(entry['diverged'])}"
        if entry["meaningless"]:
            yield f"{entry['id']}: {_meaningless(entry)}"
    if spent := ", ".join(f"{seconds:,.0f} s for {column}" for column, seconds in metrics["runs_seconds"].items()):
        yield f"the runs took {spent}"


def _controls(entries: list[dict[str, Any]]) -> Iterator[RenderableType]:
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


def turns(entry: dict[str, Any]) -> str:
    """Lists the variants that change the verdict, in words; empty if none does."""
    others: dict[str, list[str]] = {}
    for name, variant in entry["variants"].items():
        if variant["verdict"] != entry["verdict"]:
            others.setdefault(variant["verdict"], []).append(name)
    return "; ".join(f"{verdict} with {', '.join(names)}" for verdict, names in others.items())


def reach(entries: list[dict[str, Any]], aspects: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yields a line per aspect with the claims whose share differs in the variants that lack it; see `Claims`."""
    judged = [each for each in entries if all(name in each["variants"] for names in aspects.values() for name in names)]
    rest = [each["id"] for each in judged]
    for aspect, names in aspects.items():
        without = {each["id"]: [name for name in names if differs(each["variants"][name])] for each in judged}
        about = [claim for claim, changed in without.items() if changed and len(changed) == len(names)]
        some = [f"{claim} ({', '.join(each)})" for claim, each in without.items() if 0 < len(each) < len(names)]
        if about:
            yield f"about {aspect}, since the share differs with {' and with '.join(names)}: {', '.join(about)}"
        if some:
            yield f"perhaps about {aspect}, since the share differs with some: {', '.join(some)}"
        rest = [claim for claim in rest if not without[claim]]
    if aspects and rest:
        every = dict.fromkeys(name for names in aspects.values() for name in names)
        yield f"about none of these, since no share differs with {', '.join(every)}: {', '.join(rest)}"


def markdown(
    entries: list[dict[str, Any]], title: str, conditions: str, aspects: Mapping[str, Sequence[str]] | None = None
) -> str:
    """Formats all entries as the text of ``claims.md``; ``conditions`` is one line of Markdown."""
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
            f"{percent(each['share'])} {percents(each['interval'])}",
            f"{tables.number(each['median'])} {numbers(each['median_interval'])}",
            escape(each["meets"]),
            *(_published(each["published"]) for _ in published),
            *(_null(each["null"].get(name)) for name in nulls),
            *(_share(each["controls"].get(name)) for name in names),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", LEGEND, *([PUBLISHED] if published else [])]
    if variants := named(entries, "variants"):
        head = [escape(_sized(entries, name)) for name in variants]
        lines += ["", "## With other networks", "", "| claim | share of networks | " + " | ".join(head) + " |"]
        lines.append("|" + "---|" * (2 + len(variants)))
        for each in entries:
            differences = map(_points, (each["variants"].get(name) for name in variants))
            cells = [_link(each), percent(each["share"]), *differences]
            lines.append("| " + " | ".join(cells) + " |")
        lines += ["", DIFFERENCES, "", *(f"- {_sentence(line)}." for line in reach(entries, aspects or {}))]
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
            below = ", ".join(_of(name, *counts) for name, counts in each["published"]["below"].items())
            lines.append(f"- Below the published {_number_of(each)} are {escape(below)}.")
        lines += [
            f"- Baseline, {escape(what)}: {tables.number(baseline['median'])} {numbers(baseline['median_interval'])}"
            + (f"; published: {tables.number(each['published']['beside'][what])}." if each["published"] else ".")
            for what, baseline in each["beside"].items()
        ]
        if each["diverged"]:
            what = "left out" if each["excluded"] else "counted as not meeting it"
            lines.append(f"- Diverged, {what}: seeds {', '.join(map(str, each['diverged']))}.")
        if each["meaningless"]:
            lines.append(f"- {_meaningless(each)[0].upper()}{_meaningless(each)[1:]}.")
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


def _of(name: str, count: int, whole: int) -> str:
    return f"{count} of {whole} {name}" if name == NETWORKS else f"{count} of {whole} with {name}"


def _percent(population: dict[str, Any] | None) -> str:
    return "" if population is None else percent(population["share"])


def _meaningless(entry: dict[str, Any]) -> str:
    count = entry["meaningless"]
    return f"the number has no meaning for {count} network{'s' * (count > 1)}, counted as not meeting it"


def _points(variant: dict[str, Any] | None) -> str:
    if variant is None:
        return ""
    return f"**{points(variant)}**" if differs(variant) else points(variant)


def _published(single: dict[str, Any] | None) -> str:
    return "" if single is None else "{}, {} of {} below".format(_value(single), *single["below"][NETWORKS])


def _number_of(entry: dict[str, Any]) -> str:
    return tables.number(entry["published"]["value"])


def _value(single: dict[str, Any] | None) -> str:
    return "" if single is None else f"{tables.number(single['value'])} {'✓' if single['meets'] else '✗'}"


def _null(single: dict[str, Any] | None) -> str:
    """Formats the value of a model without a network; says what it answers unless that is the input."""
    if single is None:
        return "none"
    return _value(single) if single["answers"] == INPUT else f"{single['answers']}: {_value(single)}"


def _share(population: dict[str, Any] | None) -> str:
    return "" if population is None else f"{percent(population['share'])}, {population['verdict']}"
