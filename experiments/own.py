"""Trains networks on curves from your own files.

Trains LSTMs on the curves in a file, with one column per curve and one row per time point: to return the curves, to
predict the next value at every time point, or to give numbers about each whole curve. With five or more curves, some
are held out of training, and the errors on them are reported next to the errors on the others. Further curves can be
shown after training. Curves are scaled to the range that networks can reach; answers and errors are reported in the
file's units.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

import lstm_toys as lt

from . import curve_sets as sets

UsageError = lt.errors.UsageError
Curves = Any
"""What `lt.read_curves` returns."""

MANY, BATCH = 64, 32
"""With at least ``MANY`` training curves, a step uses about ``BATCH`` of them instead of all, unless a flag sets it."""

LEAST, HELD_OUT = 5, 0.2
"""Of at least ``LEAST`` curves this share is held out, unless a flag sets it; fewer are all needed for training."""

UNNAMED = ("y",)
SAME = 1e-3
"""Relative difference up to which spacings of time points count as equal."""

LEARNED = 1e-3**0.5
"""RMSE of scaled values that counts as learned: 2 % of their range, which is 1.6."""

MOST_NAMES = 12
"""Most names of held-out curves that are printed."""


def of_files(
    train: tuple[Path, ...] = (),
    show: tuple[Path, ...] = (),
    quantity: tuple[str, ...] = (),
    targets: Path | None = None,
    ask: Literal["same", "next"] | None = None,
    hold_out: float | None = None,
    batch: Annotated[int, range(1, 2**31)] | None = None,
    standardize: bool = True,
) -> tuple[lt.Experiment, list[str]]:
    """Makes the experiment on the curves in files, and notes on their content.

    Args:
        train: Training curves: a column per curve, a row per time point; required; repeat for each feature.
        show: File of more curves of the same length to answer after training; repeat for each feature.
        quantity: Name of the values in a --train file, for tables and figures, optionally with a unit, such as
            'temperature (°C)'; repeat for each file; by default y for a single file, otherwise the file names.
        targets: Target numbers: a row per curve, in the same order, and a column per number.
        ask: Value to answer at each time point: the current or the next one; by default the current one.
        hold_out: Share of the curves to hold out of training, in [0, 1); by default a fifth of five or more curves.
        batch: Number of curves per training step; by default about 32 with 64 or more curves, otherwise all.
        standardize: Scale the curves to the range that networks can reach; results are in the original units.

    Raises:
        UsageError: a file or a flag cannot be used.
    """
    if not train:
        raise UsageError("flag --train: needs a file with one curve per column, such as --train=mine.csv; see --help")
    if hold_out is not None and not 0 <= hold_out < 1:
        raise UsageError(f"flag --hold_out={hold_out:g}: takes a share of at least 0 and below 1, or none")
    curves = read_files("train", train, standardize)
    first, count = curves[0], len(curves[0].names)
    features = name_features(train, quantity)
    all_curves = sets.CurveSet(sets.TRAINED, first.names, np.stack([table.values for table in curves], axis=-1))
    output: sets.Ask = ask or "same"
    target_names: tuple[str, ...] = ()
    if targets:
        if ask:
            raise UsageError(f"flag --ask={ask}: has no effect with --targets, which holds the answers to learn")
        with blaming("targets", targets):
            target_names, numbers = lt.read_table(targets, scaled=standardize)
            if len(numbers) != count:
                raise ValueError(f"has {len(numbers):,} rows of numbers for {count:,} curves")
        output, all_curves = "targets", replace(all_curves, targets=numbers)
    trained, others = split(all_curves, hold_out, batch)
    batch = batch or usual_batch(len(trained.names))
    notes = [describe_file(path, table) for path, table in zip(train, curves, strict=True)]
    if equal := count - len({values.tobytes() for values in all_curves.values}):
        notes.append(f"{equal:,} of the curves have the same values as others, which may be held out")
    out = "".join(f", {counted(len(group.names), 'curve')} held out: {listed(group.names)}" for group in others)
    notes.append(f"{counted(len(trained.names), 'curve')} to train on{out}")
    data = {"train": " ".join(table.digest for table in curves)}
    if show:
        shown = read_files("show", show, standardize)
        with blaming("show", show[0]):
            check_shown(shown, curves)
        notes += [describe_file(path, table) for path, table in zip(show, shown, strict=True)]
        others.append(sets.CurveSet(sets.SHOWN, shown[0].names, np.stack([table.values for table in shown], axis=-1)))
        data["show"] = " ".join(table.digest for table in shown)
    points, span = first.values.shape[1], spanned(curves)
    if output == "next":
        if points < 3:
            raise UsageError(f"flag --ask=next: needs at least 3 rows, but {train[0]} has {points}")
        points, span = points - 1, lt.Span(span.start + span.length / (points - 1), span.stop, span.unit, span.name)
    fitted = lt.Scaling.fitted(trained.values, trained.targets, features + target_names)
    scaling = fitted if standardize else None
    limit = LEARNED if standardize else LEARNED * float(np.sqrt(np.square(fitted.units).mean()))
    goal = lt.Goal(rmse=limit) if target_names else lt.Goal(rmse=limit, after=0)
    curve_sets = sets.Sets(trained, tuple(others), features, output, target_names, scaling, batch)
    data |= {
        **({"targets": sha256(repr((target_names, numbers.tolist())).encode()).hexdigest()} if target_names else {}),
        **({"features": ", ".join(features)} if features != UNNAMED else {}),
        "held out": ", ".join(others[0].names) if others and others[0].name == sets.HELD_OUT else "none",
        "asked": output,
        "batch": str(batch),
    }
    experiment = replace(
        EXPERIMENT,
        goal=goal,
        task=curve_sets.task,
        probes=curve_sets.probes,
        draw=partial(draw, goal=goal),
        span=span,
        data=data,
        scaling=scaling,
        fixed={"timesteps": points},
        complete=None,
    )
    return experiment, notes


@contextmanager
def blaming(name: str, path: Path) -> Iterator[None]:
    """Turns a ValueError about a file into a UsageError that names its flag."""
    try:
        yield
    except ValueError as error:
        raise UsageError(f"flag --{name}={path}: {error}") from None


def counted(number: int, noun: str) -> str:
    """A count with its noun: ``1 curve``, ``2,000 curves``."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def listed(names: Sequence[str]) -> str:
    """Names separated by commas, at most `MOST_NAMES` of them."""
    more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def read_files(name: str, paths: Sequence[Path], scaled: bool) -> list[Curves]:
    """Reads the curves of one file per feature; raises UsageError. With scaling, values may have any size."""
    tables: list[Curves] = []
    for path in paths:
        with blaming(name, path):
            tables.append(lt.read_curves(path, scaled=scaled))
            check_alike(tables[0], tables[-1], paths[0])
    return tables


def check_alike(first: Curves, last: Curves, path: Path) -> None:
    """Raises ValueError if two files, the first with this path, do not hold features of the same curves."""
    if last.values.shape != first.values.shape:
        (curves, points), (others, rows) = last.values.shape, first.values.shape
        raise ValueError(
            f"has {curves:,} curves of {points:,} rows, but {path} has {others:,} of {rows:,}; "
            "the files must hold features of the same curves"
        )
    places = {name: place for place, name in enumerate(first.names)}
    if moved := [name for place, name in enumerate(last.names) if places.get(name, place) != place]:
        raise ValueError(
            f"has the curve {moved[0]!r} in another place than {path}; "
            "the files must hold features of the same curves, in the same order"
        )
    if None not in (first.span, last.span) and first.span != last.span:
        raise ValueError(f"its time points differ from those in {path}")


def name_features(paths: Sequence[Path], quantities: Sequence[str]) -> tuple[str, ...]:
    """Names features by quantity, otherwise `UNNAMED`, or several files by their names; raises UsageError."""
    names = tuple(quantities) or (UNNAMED if len(paths) == 1 else tuple(path.stem for path in paths))
    if len(names) != len(paths) or len(set(names)) < len(names):
        needed = f"needs {counted(len(paths), 'different name')}, one for each file of --train"
        raise UsageError(f"flag --quantity: {needed}, not {listed(names)}")
    return names


def spanned(curves: Sequence[Curves]) -> lt.Span:
    """Returns the span of the time points: those in a file, otherwise row numbers from 1."""
    span = next((table.span for table in curves if table.span), None)
    return span or lt.Span(1, curves[0].values.shape[1], name="row")


def check_shown(shown: Sequence[Curves], trained: Sequence[Curves]) -> None:
    """Raises ValueError if networks trained on other curves cannot be shown these."""
    points, rows = shown[0].values.shape[1], trained[0].values.shape[1]
    if len(shown) != len(trained):
        raise ValueError(f"there are {len(trained)} training files, one per feature; repeat --show as often")
    if points != rows:
        raise ValueError(
            f"has {points:,} rows, but the training curves have {rows:,}; from Python, lt.answers takes any length"
        )
    ours = spanned(trained)
    theirs = next((table.span for table in shown if table.span), ours)
    if abs(theirs.length / ours.length - 1) > SAME or len({theirs.unit, ours.unit} - {""}) > 1:
        times = [f"{span.length / (rows - 1):.6g} {span.unit}".strip() for span in (theirs, ours)]
        raise ValueError(f"its time points are {times[0]} apart, and those of the training {times[1]}")


def split(curves: sets.CurveSet, share: float | None, batch: int | None) -> tuple[sets.CurveSet, list[sets.CurveSet]]:
    """Splits curves into training and held-out curves.

    Without a share, `HELD_OUT` of `LEAST` curves and more are held out; without a batch, it is `usual_batch`. A few
    more are held out if batches would not be full. Raises UsageError if no curve, or no full batch, would be left.
    """
    count = len(curves.names)
    share = (HELD_OUT if count >= LEAST else 0.0) if share is None else share
    out = max(1, round(share * count)) if share else 0
    if out and batch:
        out += (count - out) % batch
    while out and not batch and count - out >= MANY and usual_batch(count - out) is None:
        out += 1
    if out >= count:
        raise UsageError(f"flag --hold_out={share:g}: leaves too few of {counted(count, 'curve')} for training")
    if batch and (count - out) % batch:
        raise UsageError(f"flag --batch={batch}: does not divide the {count:,} training curves")
    if not out:
        return curves, []
    trained, held_out = sets.split_off(curves, out)
    return curves.part(trained, sets.TRAINED), [curves.part(held_out, sets.HELD_OUT)]


def usual_batch(count: int) -> int | None:
    """The default batch size: of `MANY` curves or more the divisor nearest to `BATCH`; None: all curves."""
    sizes = [size for size in range(BATCH // 2, 2 * BATCH + 1) if count % size == 0]
    return min(sizes, key=lambda size: abs(size - BATCH)) if sizes and count >= MANY else None


def describe_file(path: Path, curves: Curves) -> str:
    """Describes the content of a file."""
    (count, rows), span, values = curves.values.shape, curves.span, curves.values
    names = f"{curves.names[0]!r}" + (f" to {curves.names[-1]!r}" if count > 1 else "")
    time = f"{span.name} from {span.start:g} to {span.stop:g} {span.unit}".strip() if span else "no time points"
    ends = f"values from {values.min():.6g} to {values.max():.6g}"
    return f"{path}: {counted(count, 'curve')}, {names}, {counted(rows, 'row')}, {time}, {ends}"


def draw(results: lt.Results, _: dict[str, lt.Results], goal: lt.Goal) -> dict[str, lt.figures.Drawing]:
    """The answers to each set of curves, the errors over time and over curves, and the loss."""
    figures, names = dict[str, lt.figures.Drawing](), [name for name in results.children if name in TITLES]
    trained = results[sets.TRAINED]
    if "time" not in trained.answer.dims:
        figures["numbers.png"] = lt.figures.set_numbers(results, "Numbers of whole curves")
        if sets.SHOWN in names:
            title = "Numbers of the curves that were shown"
            figures["shown.png"] = lt.figures.numbers_of_curves(results, sets.SHOWN, title)
    else:
        what = "Predictions of" if "ahead" in trained.attrs else "Answers to"
        for number, feature in enumerate(map(str, trained.feature.values), 1):
            of = f"_{number}" if trained.sizes["feature"] > 1 else ""
            for name in names:
                file, title = name.replace(" ", "_"), f"{what} the curves {TITLES[name]}"
                figures[f"{file}{of}.png"] = lt.figures.set_answers(results, name, feature, title)
            for over, drawing in (("time", lt.figures.errors_over_time), ("curves", lt.figures.errors_over_curves)):
                figures[f"errors_over_{over}{of}.png"] = drawing(results, feature, f"Errors over {over}")
    figures["loss.png"] = lt.figures.loss(results, "Training on curves of your own", goal=goal)
    return figures


TITLES = {
    sets.TRAINED: "that were trained on",
    sets.HELD_OUT: "that were held out",
    sets.SHOWN: "that were shown afterwards",
}


def no_task(_: Any) -> Any:
    """Raises ValueError, since there is no task without a file."""
    raise ValueError("needs --train")


EXPERIMENT = lt.Experiment(
    name="own",
    doc=__doc__ or "",
    defaults={"steps": 3_000, "learning_rate": 0.003, "optimizer": "adam"},
    goal=lt.Goal(rmse=LEARNED, after=0),
    task=no_task,
    fixed={"timesteps": 2},  # Until a file sets it.
    complete=of_files,
)
"""The experiment before it has read files."""

if __name__ == "__main__":
    lt.main(EXPERIMENT)
