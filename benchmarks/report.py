"""The results of `benchmarks.population` as Markdown: targets of speed and whether they are met, and tables."""

import statistics
from collections.abc import Iterator

from benchmarks import command, floor, timing
from benchmarks.command import Results
from benchmarks.contestants import ENGINE, FLAX, TORCH
from benchmarks.job import Workload
from lstm_toys.text import escape

PER_CORE, OF_CURVES = 1.5, {10: 2.5}
"""How many times PyTorch, a core, the engine is meant to be in every sweep, and with some numbers of curves."""

FLOOR, OF_FLAX, BETWEEN = 35, 2.5, 15
"""Least share of the floor in percent, least multiple of Flax under one vmap, most percent between numbers of members.

They were 80, 3.5 and 10, and not met (2026-11-30). The floor leaves out every load and store between its parts, so that
no program reaches it. Flax under one vmap is fastest at 64 members, where it takes 2.9 times as long. Rounds of ONE
number of members differ by more than 10 percent.
"""

STARTS = {"compile": {"cold": 10.0, "warm": 4.5}, "first_step": {"cold": 15.0, "warm": 9.0}}
"""Most seconds until the training program is compiled, and until the first step, by the cache of compiled programs.

They were 2 and 5 seconds with either cache, when 8.9 and 3.8 seconds were measured for compilation, 14.1 and 8.1 until
the first step (2026-11-30). Runs are named by lowering their programs, which no cache saves.
"""

MEMORY = 1.5
"""Most times the memory that 64 members take for 4,096, whose parameters and results are kept; it was 1.3."""


def lines(results: Results) -> Iterator[str]:
    """The whole report."""
    yield from ("## Targets", "")
    yield from command.table("target | wanted | measured (members) | met", verdicts(results))
    yield from ("## Members", "")
    columns = "contestant | {}> | slowest to fastest> | ratio> | differs by>"
    yield from command.table(f"members> | {columns.format('member-steps/s')}", rows(results, by_members=True))
    yield from ("## The floor", "")
    yield from (floor.__doc__ or "").splitlines()[2:]
    yield "Medians of the rounds; the form is that of the last one."
    yield ""
    us = {part: [parts[part]["us"] for parts in results["floor"]] for part in results["floor"][-1]}
    us["all"] = [sum(each) for each in zip(*us.values(), strict=True)]
    forms = {part: of["form"] for part, of in results["floor"][-1].items()}
    parts = ((part, forms.get(part, ""), *timing.ranged(timing.spread(own), 1)) for part, own in us.items())
    yield from command.table("part | form | us a member-step, a core> | lowest to highest>", parts)
    yield from ("## Other jobs", "")
    yield "Member-steps a second *of one core*: the rate of the whole machine, all cores at work, by their number."
    yield f"{TORCH.name}, trains one network in each process, with one thread; the others train 16 members."
    yield ""
    head = f"varied | job | {columns.format('a core')}"
    yield from command.table(head, rows(results, by_members=False))


def verdicts(results: Results) -> Iterator[tuple[str, str, str, str]]:
    """All targets: what each is about, what is wanted, what was measured, and whether it is met."""
    cells = {cell["members"]: cell["rows"] for cell in results["cells"] if cell["sweep"] == "members"}
    rates = {members: of[ENGINE.name]["rates"] for members, of in cells.items() if "median" in of[ENGINE.name]}
    limits = floor.rates(results["floor"], results["machine"]["cores"])
    shares = {members: 100 * timing.ratios(of, limits)["median"] for members, of in rates.items()}
    yield verdict("share of the floor", FLOOR, shares, "at least {:g} %", "{:.0f} %")
    for contestant, what, least in (
        (TORCH, "against PyTorch nn.LSTM, one process a core", 12),
        (FLAX, "against Flax nn.RNN under vmap", OF_FLAX),
    ):
        timed = {members: of.get(contestant.name, {}).get("ours_to_this") for members, of in cells.items()}
        yield verdict(what, least, {members: ratio for members, ratio in timed.items() if ratio is not None})
    losses = [100 * (1 - min(turn) / max(turn)) for turn in zip(*rates.values(), strict=True)]
    what = f"slowest against fastest number of members, {min(cells):,} to {max(cells):,}"
    yield verdict(what, BETWEEN, {0: statistics.median(losses)} if losses else {}, "at most {:g} %", "{:.0f} %")
    # Both use every core, so that the ratio of the machines is that of a core.
    for cell in results["cells"]:
        ratio = cell["rows"].get(TORCH.name, {}).get("ours_to_this")
        if cell["sweep"] != "members" and ratio is not None:
            job = Workload(**cell["job"])
            yield verdict(f"against PyTorch a core: {job}", OF_CURVES.get(job.curves, PER_CORE), {0: ratio})
    for stage, what in (("compile", "compile time"), ("first_step", "command to first step")):
        for cache, stages in results["starts"].items():
            seconds = {0: stages[stage]["median"]}
            yield verdict(f"{what}, {cache} cache", STARTS[stage][cache], seconds, "at most {:g} s", "{:.2f} s")
    (few, least_bytes), (many, most_bytes) = results["memory"].items()
    what = f"peak memory, {int(many):,} members against {int(few):,}"
    sizes = f"{{:.2f}} ({most_bytes / 2**20:,.0f} against {least_bytes / 2**20:,.0f} MiB)"
    yield verdict(what, MEMORY, {0: most_bytes / least_bytes}, "at most {:g} times", sizes)


def verdict(
    what: str, limit: float, measured: dict[int, float], wanted: str = "at least {:g} times", form: str = "{:.3g}"
) -> tuple[str, str, str, str]:
    """A row about a target: a limit for what was measured by the number of members, 0 if that does not matter."""
    values = ", ".join(form.format(of) + (f" ({members:,})" if members else "") for members, of in measured.items())
    met = [of <= limit if wanted.startswith("at most") else of >= limit for of in measured.values()]
    return what, wanted.format(limit), values or "–", ("yes" if all(met) else "**no**") if met else "not measured"


def rows(results: Results, *, by_members: bool) -> Iterator[list[str]]:
    """The contestants by the number of members or, with rates of one core, in the other sweeps."""
    for cell in results["cells"]:
        job, cores = Workload(**cell["job"]), 1 if by_members else results["machine"]["cores"]
        if by_members == (cell["sweep"] == "members"):
            for name, row in cell["rows"].items():
                where = [f"{row['members']:,}"] if by_members else [cell["sweep"], str(job)]
                yield [*where, name, *_line(row, cores)]


def _line(row: Results, cores: int) -> Iterator[str]:
    """Rate, spread, ratio and disagreement of a contestant."""
    if "error" in row:
        yield from (f"not timed: {escape(row['error'])}", "", "", "")
        return
    yield from timing.ranged({name: row[name] / cores for name in ("median", "low", "high")}, 0)
    ratio = row.get("ours_to_this")
    yield "" if ratio is None else f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"
    yield f"{row['weights_differ']:.0e}, {row['losses_differ']:.0e}"
