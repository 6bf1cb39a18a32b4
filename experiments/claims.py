"""In how many networks are the conclusions of the post true?

Judges each claim of the post, which drew it from one network, by many: one number a network, the share of networks that
meet the claim, and a verdict. Beside it the post's own answers, models without an LSTM, networks that were not trained,
or on another sine, and with --variants networks of another readout and other budgets. Trains what is missing.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import Console
from rich.table import Table

from experiments import amplitude, hill, hill_y, line, sine, slope_intercept
from experiments.commands import command, flags
from lstm_toys.files import Damaged, read_json_list, replacing, write_json
from lstm_toys.populations.interruption import Interruption
from lstm_toys.results import storage
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identity, Settings
from lstm_toys.statistics import tables

if TYPE_CHECKING:
    from lstm_toys.studies.claims.evidence import Evidence

NAME = "claims"
NETWORKS = "networks"
"""The column of the networks that the verdicts are about."""

EXPERIMENTS: dict[str, tuple[Experiment, list[str]]] = {
    "line": (line.EXPERIMENT, []),
    "hill": (hill.EXPERIMENT, []),
    "hill_one_layer": (hill.EXPERIMENT, ["--hidden=none"]),
    "hill_y": (hill_y.EXPERIMENT, []),
    "sine": (sine.EXPERIMENT, []),
    "amplitude": (amplitude.EXPERIMENT, []),
    "slope_intercept": (slope_intercept.EXPERIMENT, []),
}
"""The populations that the claims are about, by the names that `experiments.post.claims` has for them."""

CONTROLS = ("untrained networks", "networks trained on A = 0.6")
DENSE_RATE = 0.3
"""At the rate of 1 at which the readout of LSTM units learns the hill, every network with a dense one diverges."""

VARIANTS = ("dense readout", "a tenth of the steps", "ten times the steps")

FLAGS: flags.FlagTable = {
    **{name: flags.FLAGS[name] for name in ("seeds", "base_seed")},
    "variants": (None, "judge networks with a dense readout, and a tenth and ten times the steps, too; takes long"),
    **{name: flags.FLAGS[name] for name in ("results_dir", "publish", "replot")},
    "restart": (None, "judge again although it was done; runs of networks that are finished are used as they are"),
    **{name: flags.FLAGS[name] for name in ("quiet", "checkpoint_every", "compile_cache")},
}
DEFAULTS = {**{name: flags.DEFAULTS[name] for name in FLAGS if name in flags.DEFAULTS}, "seeds": 64}

Columns = dict[str, dict[str, Settings]]
"""By column, by population, the settings of a run."""


@dataclass(frozen=True)
class ClaimSettings(Identity):
    """What the verdicts depend on, besides the claims themselves.

    Attributes:
        seeds: number of networks of each population.
        base_seed: of the populations.
        variants: whether these were judged too.
        runs: the names of the runs' folders, by column and population.
    """

    seeds: int
    base_seed: int
    variants: bool
    runs: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    summarized: ClassVar[frozenset[str]] = Identity.summarized | {"verdicts", "runs_seconds"}

    def as_dict(self) -> dict[str, Any]:
        """The settings as JSON has them."""
        return {**super().as_dict(), "runs": {column: dict(runs) for column, runs in self.runs}}


def columns(seeds: int, base_seed: int, variants: bool) -> Columns:
    """The runs that the claims are judged by.

    Args:
        seeds: number of networks of each.
        base_seed: of each.
        variants: whether there are columns for other readouts and budgets.
    """
    usual = {
        name: flags.parse(experiment, [f"--seeds={seeds}", f"--base_seed={base_seed}", *changes])[0]
        for name, (experiment, changes) in EXPERIMENTS.items()
    }
    every = {
        NETWORKS: usual,
        CONTROLS[0]: {"sine": replace(usual["sine"], steps=0)},
        CONTROLS[1]: {"sine": replace(usual["sine"], train_amplitude=0.6)},
    }
    if variants:
        # A dense readout needs an LSTM layer below it: one layer is that of the networks of two, under the readout.
        dense = {
            name: replace(
                each, readout="dense", hidden=each.hidden or (32,), learning_rate=min(each.learning_rate, DENSE_RATE)
            )
            for name, each in usual.items()
        }
        fewer, more = (
            {name: replace(each, steps=int(each.steps * factor)) for name, each in usual.items()}
            for factor in (0.1, 10)
        )
        every |= dict(zip(VARIANTS, (dense, fewer, more), strict=True))
    return every


def judge_all(arguments: Sequence[str]) -> int:
    """Judges the claims as the arguments say, and returns the exit code."""
    try:
        values = flags.read(NAME, __doc__, FLAGS, DEFAULTS, arguments)
        options = flags.options(values)
    except flags.Help as text:
        print(text)
        return 0
    except flags.Bad as error:
        return command.complain(str(error), 2)
    table = columns(values["seeds"], values["base_seed"], values["variants"])
    runs = {
        column: {name: Run(settings, options.results_dir) for name, settings in populations.items()}
        for column, populations in table.items()
    }
    named = tuple(
        (column, tuple((name, run.folder.name) for name, run in each.items())) for column, each in runs.items()
    )
    settings = ClaimSettings(NAME, values["seeds"], values["base_seed"], values["variants"], named)
    run = Run(settings, options.results_dir)
    console = Console(quiet=options.quiet)

    def work(interruption: Interruption) -> int:
        try:
            _carry_out(run, runs, options, console, interruption)
            _report(console, run)
        except Damaged as damaged:
            raise command.Failed(f"{damaged}; remove its folder, and the same command makes it again") from None
        return 0

    return command.guarded(work, options)


def _carry_out(
    run: Run[ClaimSettings],
    runs: Mapping[str, Mapping[str, Run[Settings]]],
    options: flags.Options,
    console: Console,
    interruption: Interruption,
) -> None:
    """Judges, reuses or draws again, and publishes if asked to."""
    command.check_replot(options, run)
    if options.restart or not run.finished:
        todo = {each: EXPERIMENTS[name][0] for column in runs.values() for name, each in column.items()}
        if untrained := {each: experiment for each, experiment in todo.items() if not each.finished}:
            command.train(untrained, set(), options, console, interruption)
        run.create()
        with run.locked():
            run.reset()
            _judge(run, runs)
    elif run.drawn and not options.replot:
        console.print(f"{NAME}: this run is finished; --restart judges again", highlight=False)
    if options.replot or not run.drawn:
        with run.locked():
            _draw(run)
    if options.publish:
        console.print(f"published in {run.publish()}", highlight=False, soft_wrap=True)


def _judge(run: Run[ClaimSettings], runs: Mapping[str, Mapping[str, Run[Settings]]]) -> None:
    """Writes what is said of every claim, as a list and as a table."""
    began = time.perf_counter()
    from experiments.post.claims import CLAIMS
    from experiments.post.evidence import published
    from lstm_toys.studies.claims import evidence, report

    every: dict[str, Evidence] = {
        column: {name: storage.load(each.results) for name, each in populations.items()}
        for column, populations in runs.items()
    }
    networks, post = every[NETWORKS], published()
    bounds = {report.COPY: float("inf"), report.CLIPPED: 1.0}
    nulls = {
        name: {population: evidence.copy(labeled, bound) for population, labeled in networks.items()}
        for name, bound in bounds.items()
    }
    entries = [
        report.entry(
            claim,
            networks,
            post=post,
            nulls=nulls,
            controls={name: every[name] for name in CONTROLS},
            variants={name: every[name] for name in VARIANTS if name in every},
        )
        for claim in CLAIMS
    ]
    spent = {
        column: round(sum(sum(each.read_metrics()["seconds"].values()) for each in {*populations.values()}), 1)
        for column, populations in runs.items()
    }
    settings = run.settings
    conditions = (
        f"{settings.seeds} networks of each experiment, base seed {settings.base_seed}, made by "
        f"`python -m experiments.{NAME} --seeds {settings.seeds} --base_seed {settings.base_seed}"
        f"{' --variants' if settings.variants else ''}`. Their runs took "
        + ", ".join(f"{seconds:,.0f} s ({column})" for column, seconds in spent.items())
        + "."
    )
    write_json(run.folder / "claims.json", entries)
    with replacing(run.folder / "claims.md") as temporary:
        temporary.write_text(report.markdown(entries, conditions))
    summary = {
        "experiment": NAME,
        "flags": settings.as_dict(),
        "verdicts": {each["id"]: each["verdict"] for each in entries},
        "runs_seconds": spent,
        "seconds": {"judge": round(time.perf_counter() - began, 3)},
    }
    write_json(run.metrics, summary)


def _draw(run: Run[ClaimSettings]) -> None:
    """Draws the figure, and adds the time it took to the summary."""
    began = time.perf_counter()
    from lstm_toys.figures import style
    from lstm_toys.studies.claims import figures

    metrics = run.read_metrics()
    style.save(figures.draw(_entries(run)), run.folder / "claims.png")
    seconds = {**metrics["seconds"], "figures": round(time.perf_counter() - began, 3)}
    write_json(run.metrics, {**metrics, "seconds": seconds})


def _entries(run: Run[ClaimSettings]) -> list[dict[str, Any]]:
    return read_json_list(run.folder / "claims.json")


def _report(console: Console, run: Run[ClaimSettings]) -> None:
    """The closing table: verdicts and shares, and what they do not mean."""
    from lstm_toys.studies.claims import report

    entries, metrics = _entries(run), run.read_metrics()
    title = f"the claims of the post, in {run.settings.seeds} networks each"
    table = Table(title=title, box=None, padding=(0, 1, 0, 0), title_justify="left")
    for name in ("claim", "verdict", "", "share", "95 %", "median", "meets it"):
        table.add_column(name, justify="right" if name in ("share", "95 %", "median") else "left", no_wrap=True)
    marks: dict[str, int] = {}
    for entry in entries:
        notes = ",".join(str(marks.setdefault(remark, len(marks) + 1)) for remark in entry["remarks"])
        table.add_row(
            entry["id"],
            entry["verdict"],
            notes,
            report.percent(entry["share"]),
            report.percents(entry["interval"]).strip("()"),
            tables.number(entry["median"]),
            entry["meets"],
        )
    console.print(table)
    for remark, mark in marks.items():
        console.print(f"{mark}) {remark}", highlight=False)
    for entry in entries:
        if entry["diverged"]:
            treated = "left out" if entry["excluded"] else "counted as not meeting it"
            console.print(f"{entry['id']}: diverged and {treated}: seeds {command.listed(entry['diverged'])}")
    spent = ", ".join(f"{seconds:,.0f} s for {column}" for column, seconds in metrics["runs_seconds"].items())
    console.print(f"the runs took {spent}", highlight=False)
    for name in ("claims.json", "claims.md", "claims.png"):
        console.print(f"  {run.folder / name}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    command.leave(judge_all)
