"""The closing tables of the timeline. Imports nothing heavy."""

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.output import listed


def report(metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Yields the comparison over steps, the choice, and the checks."""
    if diverged := metrics["diverged_seeds"]:
        yield f"diverged and left out: seeds {listed(diverged)}"
    columns = (
        "steps",
        "first answers>",
        "energy score>",
        "sine.png: first>",
        "first 8 points>",
        "train MSE>",
        "valley>",
    )
    rows = [
        (
            f"{row['steps']:,}{'*' * (row['steps'] == metrics['chosen'])}",
            "{:+.1f} to {:+.1f}".format(*row["first_answers"]) + "!" * row["beyond_all_networks"],
            f"{row['score']:.4f}",
            f"{row['sine_first']:+.1f}",
            f"{row['sine_beginning']:.3f}",
            f"{row['train_mse']:.1e}",
            "–" if row["valley-amplitude"] is None else f"{row['valley-amplitude']:.0%}",
        )
        for row in metrics["table"]
    ]
    yield tables.table(
        f"{metrics['seeds']} networks after many numbers of steps; * is chosen", columns, rows, **tables.PLAIN
    )
    yield (
        "first answers: the published ones to A = 0.1 and A = 1, and the one of sine.png, less the networks' mean, in "
        "their standard deviations; !: every published one is beyond all networks"
    )
    yield (
        "energy score: of lines and amplitudes, smaller is better; first 8 points: RMS difference of sine.png to the "
        "networks' median; valley: share of networks that meet the claim valley-amplitude"
    )
    for name, criterion in (("curves", "by_curves"), ("first answers", "by_first_answers")):
        told = metrics[criterion]
        yield f"by the {name}: best {told['best']:,}; not excluded {_steps(told['steps'])}"
    default = metrics["default"]
    same = "the default of experiments.sine" if metrics["chosen"] == default else f"experiments.sine takes {default:,}"
    yield f"chosen: {metrics['chosen']:,}, {same}"
    figures = [
        (name, f"{each['best']:,}", "{:,} to {:,}".format(*each["interval"]), f"{min(each['score']):.4f}")
        for name, each in metrics["published"].items()
    ]
    headings = ("published figure", "best fit>", "5-95 % of networks>", "energy score>")
    yield tables.table("the number of steps that fits each published figure", headings, figures, **tables.PLAIN)
    if metrics["ordinary"]:
        yield tables.table(
            "could the published answers be those of one more network?",
            ("compared by", "steps>", "p>", "told apart>", "of networks after>"),
            [
                (row["feature"], f"{row['steps']:,}", f"{row['p']:.3f}", f"{row['power']:.0%}", f"{row['other']:,}")
                for row in metrics["ordinary"]
            ],
            **tables.PLAIN,
        )
    for row in metrics["ranks"]:
        networks = f"{row['below']} of {row['of']} networks are below"
        ties = f", {row['equal']} equal" if row["equal"] else ""
        yield f"{row['claim']}: {networks} the published {tables.number(row['published'])}{ties}"
    for row in metrics["extremes"]:
        curve = ", ".join(
            f"{name} {row[name]:g}" for name in ("slope", "intercept", "amplitude", "phase") if name in row
        )
        yield f"{row['family']}, {curve}: {row['deviation']:+.1f} standard deviations at x = {row['x']:g}"
    inside = ", ".join(f"{name} {share:.0%}" for name, share in metrics["inside"].items())
    yield f"published points within 5–95 % of networks: {inside}"


def _steps(steps: list[int]) -> str:
    return ", ".join(f"{each:,}" for each in steps)
