"""The closing tables of the recipe, the timeline, and what dynamics explain. Imports nothing heavy."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from lstm_toys import tables
from lstm_toys.output import listed

from .predictions import REPEATED

ROWS = 25

SHOWN = ("static curve", "linear at the mean", "LPV")
"""Models with a column on a terminal."""

MEASURES = ("mode_frequency", "peak_frequency", "peak_gain", "static_gain", "similarity")


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    return tables.table(title, columns, rows, **tables.PLAIN)


def recipe(metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Yields the best settings, the chosen one, and the certainty of the choice."""
    settings = metrics["settings"]
    every = sorted(settings, key=lambda row: float("inf") if row["score"] is None else row["score"])
    chosen = settings[metrics["chosen"]]

    def marked(row: dict[str, Any]) -> tuple[str, ...]:
        mark = "* " if row is chosen else "+ " if row["unbeaten"] else ""
        inside, apart = f"{row['inside_share']:.0%}", tables.number(row["apart"])
        return (
            f"{mark}{row['setting']['optimizer']}",
            *_named(row),
            *tables.spread(row, "score"),
            inside,
            apart,
            row["learned"],
        )

    shown = every[:ROWS] if chosen in every[:ROWS] else [*every[: ROWS - 1], chosen]
    recipe = "optimizer>", "rate>", "gates>", "hidden>", "steps>", "score>"
    columns = (*recipe, "95 % bootstrap>", "inside>", "apart>", "learned>")
    title = "settings by energy score, smaller is better; + no other beats it, * is chosen"
    yield _table(title, columns, [tuple(map(str, marked(row))) for row in shown])
    unbeaten, held = sum(row["unbeaten"] for row in every), metrics["held_out"]
    yield (
        f"{unbeaten} of {len(every)} settings are beaten by no other; inside: published points within 5–95 % of seeds; "
        "apart: score of the published answer to the training sine"
    )
    yield (
        f"score of the best: {every[0]['score']:.4f}; of the chosen: {chosen['score']:.4f}; of what is chosen without "
        f"the curve that is scored: {held['by curve']:.4f}; without its whole family: {held['by family']:.4f}"
    )
    validated = []
    for row in metrics["validation"]:
        own = settings[row["setting"]]
        score, inside = tables.number(row["score"]), f"{row['inside_share']:.0%}"
        validated.append((own["setting"]["optimizer"], *_named(own), score, inside, *tables.spread(row, "difference")))
    title = "answers to other phases, which no choice saw: the chosen, and the best of every other kind"
    yield _table(title, (*recipe, "inside>", "less the chosen>", "95 % simultaneous>"), validated)
    for claim, under in metrics["claims"].items():
        verdicts = Counter(each["verdict"] for each in under)
        counted = ", ".join(f"{verdict} under {count}" for verdict, count in verdicts.items())
        yield f"{claim}: {counted} of {len(under)} settings that no other beats{' (turns)' * (len(verdicts) > 1)}"
    default = None if metrics["default"] is None else settings[metrics["default"]]
    told = "not among them" if default is None else f"{default['name']}, score {default['score']:.4f}"
    yield f"default of experiments.sine: {told}"


def _named(row: dict[str, Any]) -> tuple[str, ...]:
    setting = row["setting"]
    hidden = ",".join(map(str, setting["hidden"])) or "none"
    return f"{setting['learning_rate']:g}", setting["gates"], hidden, f"{setting['steps']:,}"


def timeline(metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Yields the comparison over steps, and the choice."""
    if diverged := metrics["diverged_seeds"]:
        yield f"diverged and left out: seeds {listed(diverged)}"
    columns = ("steps", "first answers>", "energy score>", "sine.png: first>", "first 8 points>", "train MSE>")
    rows = [
        (
            f"{row['steps']:,}{'*' * (row['steps'] == metrics['chosen'])}",
            "{:+.1f} to {:+.1f}".format(*row["first_answers"]),
            f"{row['score']:.4f}",
            f"{row['sine_first']:+.1f}",
            f"{row['sine_beginning']:.3f}",
            f"{row['train_mse']:.1e}",
        )
        for row in metrics["table"]
    ]
    yield _table(f"{metrics['seeds']} networks after many numbers of steps; * is chosen", columns, rows)
    yield (
        "first answers: the published ones to A = 0.1 and A = 1, and the one of sine.png, less the networks' mean, in "
        "their standard deviations"
    )
    yield (
        "energy score: of lines and amplitudes, smaller is better; first 8 points: RMS difference of sine.png to the "
        "networks' median"
    )
    for name, criterion in (("curves", "by_curves"), ("first answers", "by_first_answers")):
        told = metrics[criterion]
        steps = ", ".join(f"{each:,}" for each in told["steps"])
        yield f"by the {name}: best {told['best']:,}; not excluded {steps}"
    default = metrics["default"]
    same = "the default of experiments.sine" if metrics["chosen"] == default else f"experiments.sine takes {default:,}"
    yield f"chosen: {metrics['chosen']:,}, {same}"
    figures = [
        (name, f"{each['best']:,}", "{:,} to {:,}".format(*each["interval"]), f"{min(each['score']):.4f}")
        for name, each in metrics["published"].items()
    ]
    headings = ("published figure", "best fit>", "5-95 % of networks>", "energy score>")
    yield _table("the number of steps that fits each published figure", headings, figures)


def explained(metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Yields correlations by claim and model, tuning by training frequency, and the predictions."""
    rows = [(claim, *(_correlation(own.get(model)) for model in SHOWN)) for claim, own in metrics["claims"].items()]
    title = f"rank correlation of the claims' numbers over {metrics['seeds']} networks"
    yield _table(title, ("", *(f"{model}>" for model in SHOWN)), rows)
    yield "(exceeded by the absolute correlation of permuted models in 5 % of cases; number of networks)"
    for kind, own in metrics["interventions"].items():
        columns = (kind, "mode>", "random>", "difference>", "95 % bootstrap>")
        rows = [
            (
                claim,
                *(tables.number(each[name]["median"]) for name in ("mode", "random")),
                *tables.spread(each["difference"]),
            )
            for claim, each in own.items()
        ]
        yield _table("change of the claims' numbers, in standard deviations of networks", columns, rows)
    names = ("networks", "oscillate>", "mode>", "peak>", "peak gain>", "slow gain>", "similarity>")
    tuned = [
        (
            name,
            f"{each['oscillating']}/{each['networks']}",
            *(tables.number(each[measure]["median"]) for measure in MEASURES),
        )
        for name, each in metrics["tuning"].items()
    ]
    yield _table("at rest under the mean input, medians; mode and peak of the gain in rad per x", names, tuned)
    plateau = metrics["plateau"]
    ended, resonant = ("{} ({})".format(*tables.spread(plateau[name])) for name in ("ended", "resonant"))
    yield (
        f"base seed 1: the plateau of the loss ends after {ended} steps, and networks resonate after {resonant}; in "
        f"{plateau['together']} of {plateau['networks']} they do by then; rank correlation "
        f"{_correlation(plateau['agreement'])}"
    )
    predicted = [
        (
            name,
            each["measured"],
            f"{each['predicted_low']:g} … {each['predicted_high']:g}",
            *tables.spread(each),
            each["verdict"],
        )
        for name, each in metrics["predictions"].items()
    ]
    again = sum(each["variant"] == REPEATED for each in metrics["predictions"].values())
    title = f"predictions, made before; {again} of {len(predicted)} are about the same recipe with new seeds"
    yield _table(title, ("prediction", "of", "predicted>", "median>", "95 % bootstrap>", ""), predicted)


def _correlation(found: dict[str, Any] | None) -> str:
    if found is None or found["correlation"] is None:
        return "–"
    value = found["correlation"]["value"]
    return f"{tables.number(value)} ({found['permuted']:.2f}; {found['networks']})"
