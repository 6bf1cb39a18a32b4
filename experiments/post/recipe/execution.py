"""How well the settings of a sweep explain the post's published answers."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import xarray as xr

from experiments.post import readings
from experiments.post.recipe import figures
from lstm_toys.figures import Drawing
from lstm_toys.results import storage
from lstm_toys.results.summary import finite
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.life import Conduct, Work, stopwatch
from lstm_toys.statistics import scores
from lstm_toys.studies.sweep import results


def execute(work: Work, _: Conduct, seconds: dict[str, float]) -> dict[str, Any]:
    """Scores the settings of a finished sweep, whose networks were shown what the post's network was.

    Args:
        work: its subject is the setting to compare with the best one; what it needs is the sweep.
        seconds: spent so far; the stages of the run are added.

    Returns:
        The scores; see `summarize`.

    Raises:
        Damaged: the sweep's results are.
        OSError: a file cannot be read or written.
    """
    settings = work.run.settings.settings
    with stopwatch(seconds, "score"):
        default = settings.index(work.subject) if work.subject in settings else None
        told = summarize(_results(work), settings, default)
    return {"experiment": work.run.name, "flags": work.run.settings.as_dict(), "files": [], **told}


def draw(work: Work) -> Iterator[tuple[str, Drawing]]:
    """The scores of all settings, and the answers of the best one."""
    found, told = _results(work), work.metrics
    yield "score.png", figures.scores(found, told["settings"])
    yield "best.png", figures.answers(found.isel(setting=told["best"]), told["settings"][told["best"]])


def _results(work: Work) -> xr.Dataset:
    return storage.load_results(work.needs["networks"].run.checked("results.nc"), results.VARIABLES | {"answer"})


def summarize(found: xr.Dataset, settings: Sequence[Settings], default: int | None) -> dict[str, Any]:
    """The scores of all settings, as JSON has them.

    Args:
        found: the labeled results of a sweep.
        settings: of the sweep.
        default: number of the setting to compare with.

    Returns:
        ``curves``: the published ones; ``settings``: for each its ``score``, ``low`` and ``high``, whether it is
        ``unbeaten``, the ``curve_scores`` and the ``inside`` shares of published points within 5-95 % of seeds;
        ``best`` and ``default``: numbers of settings; ``held_out``: see `scores.held_out`.
    """
    published = list(readings.published_curves(found))
    sound = ~found.diverged.values
    answer = found.answer.sel(feature="y").values
    outputs = [np.array(curve["output"], float) for _, curve, _ in published]
    distances = [
        [
            scores.distances(answer[number, :, index], output, sound[number])
            for output, (_, _, index) in zip(outputs, published, strict=True)
        ]
        for number in range(len(settings))
    ]
    scored = scores.score(distances)
    low, high = scored.interval()
    unbeaten = scored.unbeaten()
    rows = []
    for number, each in enumerate(settings):
        kept = answer[number][sound[number]]
        inside = [
            readings.inside_share(kept[:, index], output) if len(kept) else 0.0
            for output, (_, _, index) in zip(outputs, published, strict=True)
        ]
        rows.append(
            {
                "name": _name(each),
                "setting": each.as_dict(),
                "score": finite(scored.mean[number]),
                "low": finite(low[number]),
                "high": finite(high[number]),
                "unbeaten": bool(unbeaten[number]),
                "inside_share": float(np.mean(inside)),
                "inside": inside,
                "curve_scores": [finite(value) for value in scored.each[number].tolist()],
                "learned": int(found.learned[number].sum()),
                "seeds": found.sizes["seed"],
                "diverged_seeds": found.seed.values[~sound[number]].tolist(),
            }
        )
    families = [family for family, _, _ in published]
    every = np.arange(len(published)), np.unique(families, return_inverse=True)[1]
    return {
        "curves": [{"family": family, **{k: v for k, v in c.items() if k != "output"}} for family, c, _ in published],
        "settings": rows,
        "best": int(np.argmin(scored.mean)),
        "default": default,
        "held_out": {
            name: float(scores.held_out(scored.each, groups)[1].mean())
            for name, groups in zip(("by curve", "by family"), every, strict=True)
        },
    }


def _name(settings: Settings) -> str:
    hidden = ",".join(map(str, settings.hidden)) or "none"
    readout = "" if settings.readout == "cell" else f", {settings.readout}"
    return f"{settings.optimizer} {settings.learning_rate:g}, hidden {hidden}{readout}, {settings.steps:,} steps"
