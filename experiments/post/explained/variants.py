"""The networks of the sine, and networks trained on sines with other frequencies."""

from dataclasses import replace
from functools import cache, partial

import lstm_toys as lt

from ... import sine


def task_at(frequency: float, x: lt.TimePoints) -> lt.Task:
    """One sine A + A sin(w x) of this frequency w, to be returned as it is."""
    return lt.reproduce("sine", {**sine.TRAINING_SINE, "frequency": frequency}, x)


@cache
def experiment(frequency: float) -> lt.Experiment:
    """The experiment `experiments.sine` on a sine with another frequency, without figures."""
    if frequency == sine.FREQUENCY:
        return sine.EXPERIMENT
    return replace(
        sine.EXPERIMENT,
        name=f"sine_{frequency:g}",
        task=partial(task_at, frequency),
        trained=lt.Trained("sine", {**sine.TRAINING_SINE, "frequency": frequency}),
        planes=None,
        draw=_nothing,
        compare=_no_rows,
    )


def _nothing(*_: object) -> dict[str, lt.Drawing]:
    return {}


def _no_rows(_: lt.Results) -> list[dict[str, object]]:
    return []
