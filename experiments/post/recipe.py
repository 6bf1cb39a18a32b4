"""How well the settings of a sweep explain the post's published answers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from experiments.post import readings, recipe_figures
from lstm_toys.files import Damaged, read_json, write_json
from lstm_toys.results import storage, summary
from lstm_toys.runs import execution
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings
from lstm_toys.statistics import scores
from lstm_toys.studies.sweep import results
from lstm_toys.studies.sweep.settings import SweepSettings


def path(run: Run[SweepSettings]) -> Path:
    """The scores of a run, JSON."""
    return run.folder / "recipe.json"


def score(run: Run[SweepSettings], default: Settings) -> None:
    """Scores the settings of a finished sweep, and writes the scores and their figures into its folder.

    Args:
        run: of a sweep whose networks were shown what the post's network was.
        default: the setting to compare with the best one, if it is among them.

    Raises:
        Damaged: the sweep's results are.
        OSError: a file cannot be read or written.
    """
    found = storage.load(run.results, results.VARIABLES | {"answer"})
    settings = run.settings.settings
    summary = summarize(found, settings, settings.index(default) if default in settings else None)
    with execution.drawing(run) as save:
        save(
            {
                "score.png": recipe_figures.scores(found, summary["settings"]),
                "best.png": recipe_figures.answers(
                    found.isel(setting=summary["best"]), summary["settings"][summary["best"]]
                ),
            }
        )
    write_json(path(run), summary)


def read(run: Run[SweepSettings]) -> dict[str, Any]:
    """The scores of a run.

    Raises:
        OSError: it has not been scored.
        Damaged: the file does not hold scores.
    """
    found = read_json(path(run))
    if missing := {"settings", "best", "default", "held_out", "curves"} - found.keys():
        raise Damaged(path(run), f"is damaged: {min(missing)} is missing")
    return found


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
                "score": summary.finite(scored.mean[number]),
                "low": summary.finite(low[number]),
                "high": summary.finite(high[number]),
                "unbeaten": bool(unbeaten[number]),
                "inside_share": float(np.mean(inside)),
                "inside": inside,
                "curve_scores": [summary.finite(value) for value in scored.each[number].tolist()],
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
    readout = "" if settings.readout == "lstm" else f", {settings.readout}"
    return f"{settings.optimizer} {settings.learning_rate:g}, hidden {hidden}{readout}, {settings.steps:,} steps"
