"""Analyzes the dynamics of a trained population, part by part, and summarizes the results."""

import json
from collections.abc import Iterator
from functools import cached_property, partial
from itertools import product
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float
from rich.console import RenderableType

from lstm_toys import processor, tables
from lstm_toys.dynamics import linear, models
from lstm_toys.dynamics.limits import Kind
from lstm_toys.execution.digests import Digests, computed_by_numpy, digest, library, program
from lstm_toys.figures import Drawing
from lstm_toys.networks.states import inside, last
from lstm_toys.output import counted
from lstm_toys.populations.answering import check_initial
from lstm_toys.populations.trained import Networks
from lstm_toys.results import storage
from lstm_toys.results.arrays import of_networks
from lstm_toys.results.summary import median_of
from lstm_toys.runs import external
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.loading import load_results
from lstm_toys.runs.preparation import check_experiment, trial
from lstm_toys.runs.study import Metrics, Refused, RunContext
from lstm_toys.statistics import intervals
from lstm_toys.statistics.errors import elapsed, within
from lstm_toys.statistics.measures import SETTLED
from lstm_toys.studies.dynamics import analysis, figures
from lstm_toys.studies.dynamics.analysis import MOST_POINTS, TRIALS, InputAnalysis, PeriodAnalysis
from lstm_toys.studies.dynamics.settings import INPUTS, WINDOWS, DynamicsSettings, Period
from lstm_toys.studies.training.study import PopulationStudy
from lstm_toys.tasks.parameters import TRAINING, Span
from lstm_toys.tasks.probes import SHARED, by_points

TOGETHER = 16
"""Most networks in a part; the results of each part are saved in case the run is interrupted."""

FREQUENCIES = 120
"""Angular frequencies of the response, up to `FASTEST` radians over the range of x."""

FASTEST = 60.0

BEYOND = 0.25
"""How far constant inputs extend the range of the curves by default, as a share of it, at each end."""

EXPLAINED, PREDICTED = ": variance explained", ": time points predicted"

LABELS = {
    "mode_frequency": "frequency of the leading mode",
    "time_constant": "time constant of the leading mode",
    "static_gain": "gain of slow inputs",
    "peak_gain": "largest gain",
    "peak_frequency": "frequency of the largest gain",
    "peak_gain_trained": "gain at this frequency for sines as large as the training curve",
}


class Dynamics(PopulationStudy[DynamicsSettings]):
    """Asks for the dynamics of a trained population."""

    unlisted = ("experiment", "trained")

    def __init__(self, experiment: Experiment, settings: DynamicsSettings) -> None:
        super().__init__(experiment, experiment, settings)

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """The periods whose constant inputs are examined; empty for values of a single input."""
        features, settings = len(self.prepared.task.input_features), self.settings
        if settings.inputs is None and not settings.hold and features > 1:
            return (Period("no input", (0.0,) * features),)
        return settings.hold

    def check(self) -> None:
        trained = self.prepared.settings
        check_experiment(self.experiment, trained.timesteps, dict(trained.numbers))
        model, shown = self.prepared.model, self.prepared.task.input_features
        features, name = len(shown), f"dynamics of {self.experiment.name}"
        if self.settings.inputs is not None and features > 1:
            raise Refused(f"{name}: --inputs takes networks with a single input; these are shown {' and '.join(shown)}")
        if not self.periods and self.prepared.curves.training.lengths is not None:
            raise Refused(f"{name}: curves of several lengths need --hold, such as --hold zero=0")
        if self.periods and self.settings.trained.keep_steps:
            raise Refused(f"{name}: slow points are those of the last parameters; use --keep_steps none")
        for period in self.periods:
            if len(period.values) != features:
                numbers = f"{counted(features, 'number')}, for {' and '.join(shown)}"
                raise Refused(f"the input of the period {period.name} must be {numbers}, not {len(period.values)}")
        with trial(f"{name}: its networks cannot be followed from given states"):
            params = model.init(jax.random.key(0), jnp.zeros((1, 4, features)))["params"]
            check_initial(model, jax.tree.map(lambda leaf: np.asarray(leaf)[None], params), features)

    @cached_property
    def analysis(self) -> InputAnalysis | PeriodAnalysis:
        if not self.periods:
            return self._of_inputs()
        prepared = self.prepared
        examples = prepared.curves.training
        count = max(1, min(TRIALS, MOST_POINTS // examples.inputs.shape[1]))
        return PeriodAnalysis(
            curves=np.asarray(examples.inputs[:count]),
            within=np.asarray(examples.within[:count]),
            inputs=np.array([period.values for period in self.periods]),
            starts=self.settings.starts,
            spacing=float(self.x[1] - self.x[0]),
        )

    def _of_inputs(self) -> InputAnalysis:
        prepared, settings = self.prepared, self.settings
        curves = prepared.curves.answered()[SHARED]
        (mean,) = np.asarray(prepared.curves.training.inputs, float).mean(axis=(0, 1))
        if settings.inputs is not None:
            chosen = settings.inputs.values
        else:
            low, high = float(curves.min()), float(curves.max())
            more = BEYOND * (high - low or 1.0)
            chosen = np.linspace(low - more, high + more, INPUTS - 1)
        inputs = np.union1d(chosen, mean)
        length = len(self.x) - 1 if self.in_steps else self.experiment.span.length
        numbers = (np.flatnonzero(np.equal(self.shown, name)).tolist() for name in dict.fromkeys(self.shown))
        return InputAnalysis(
            curves=curves,
            inputs=inputs[:, None],
            mean=int(np.searchsorted(inputs, mean)),
            starts=settings.starts,
            spacing=float(self.x[1] - self.x[0]),
            frequencies=np.linspace(FASTEST / FREQUENCIES, FASTEST, FREQUENCIES) / length,
            driving=tuple(of_probe[len(of_probe) // 2] for of_probe in numbers),
            sequence=prepared.task.sequence,
        )

    @cached_property
    def in_steps(self) -> bool:
        """Whether time is given in steps: where networks learn neither curves of a family nor those of a file."""
        task, experiment = self.prepared.task, self.experiment
        return task.trained is None and not task.reproduces and experiment.span == Span()

    @cached_property
    def x(self) -> Float[np.ndarray, " T"]:
        x = np.asarray(self.prepared.x, float)
        return np.arange(len(x), dtype=float) if self.in_steps else x

    @cached_property
    def shown(self) -> list[str]:
        sets = by_points(self.prepared.curves.probes, self.prepared.x)[SHARED]
        return [TRAINING, *(probe.name for probe in sets for _ in probe.inputs)]

    def values(self) -> Digests:
        model, features = self.prepared.model, len(self.prepared.task.input_features)
        params = jax.eval_shape(model.init, jax.random.key(0), jnp.zeros((1, 2, features)))["params"]
        initial = jax.eval_shape(lambda weights: last(inside(model, weights, jnp.zeros((1, 1, features)))[1]), params)
        step = jax.jit(partial(inside, model))
        return {
            **self.analysis.digests(),
            **program(step, params, jax.ShapeDtypeStruct((1, 1, features), jnp.float32), initial).named("step"),
            **computed_by_numpy(),
            "probes": digest(self.shown),
            "population": self.needed["population"].folder.name,
            "library": library("dynamics", "studies/dynamics"),
        }

    def compute(self, context: RunContext) -> Metrics:
        """Every part is saved as soon as it is analyzed, and is not analyzed again when the run continues."""
        described, run, networks = self.described(), self.run, self.networks
        sound, scale = np.flatnonzero(~networks.diverged), self.settings.weight_scale
        parts = [networks[sound[first : first + TOGETHER]] for first in range(0, len(sound), TOGETHER)]
        missing = [part for part in parts if not self._kept(part).is_file()]
        run.checkpoints.mkdir(parents=True, exist_ok=True)
        with context.timed("analyze"):
            done = len(sound) - sum(map(len, missing))
            scaled = (part.mapped(lambda leaf: scale * leaf) for part in missing)
            for part, analyzed in context.executor.map(self.analysis.analyzed, scaled):
                storage.save_results(analyzed, self._kept(part))
                done += len(part)
                context.progress.tell(f"dynamics of {done:,} of {counted(len(sound), 'network')}")
        with context.timed("summary"):
            analyzed_parts = [load_results(self._kept(part)) for part in parts]
            whole = self._labeled(xr.concat(analyzed_parts, "seed", data_vars="minimal", coords="minimal"))
            whole = whole.assign(train_loss=networks[sound].results.training.train_loss)
            attributes = {"run": run.folder.name, **{name: described[name] for name in ("flags", "population")}}
            whole = whole.assign_attrs({name: json.dumps(value) for name, value in attributes.items()})
            storage.save_results(whole, run.results)
            files = [*described["files"], *self._write_models(whole)]
        fingerprint = {**described["fingerprint"], "numpy": processor.of_numpy()}
        return {**described, "fingerprint": fingerprint, "files": files}

    def _kept(self, part: Networks) -> Path:
        return self.run.checkpoints / f"{part.seeds[0]}-{part.seeds[-1]}.nc"

    def _labeled(self, results: xr.Dataset) -> xr.Dataset:
        span, task, examined = self.experiment.span, self.prepared.task, self.analysis
        axis = {"long_name": "time step" if self.in_steps else span.name, "units": span.unit}
        results = results.assign_coords(output=list(task.output_features)).assign_attrs(spacing=examined.spacing)
        if isinstance(examined, PeriodAnalysis):
            time = "time", np.arange(results.sizes["time"]) * examined.spacing, axis
            return results.assign_coords(period=[period.name for period in self.periods], time=time)
        names = list(dict.fromkeys(self.shown))
        per_x = f"rad/{span.unit}" if span.unit else f"rad per {'step' if self.in_steps else 'x'}"
        results = results.assign_coords(
            probe=("curve", self.shown),
            driving=names,
            curve_shown=(("curve", "time"), examined.curves[..., 0]),
            input=("input", examined.inputs[:, 0], {"long_name": f"constant input {task.input_features[0]}"}),
            time=("time", self.x, axis),
            frequency=("frequency", examined.frequencies, {"long_name": "angular frequency", "units": per_x}),
        )
        results = results.assign_attrs(mean=examined.mean)
        return _explained(results.assign_coords(curves=names)) if "prediction" in results else results

    def _write_models(self, results: xr.Dataset) -> list[str]:
        """Writes the answers of each model as `lt.claims.labeled` does, for claims about them; returns file names."""
        names, settings = [], self.settings.trained
        for model in results.model.values if "prediction" in results else ():
            prediction = results.prediction.sel(model=model).values
            labeled = external.labeled(self.experiment, prediction, settings.timesteps, dict(settings.numbers))
            # Points without a prediction are unknown; the network did not diverge there.
            sound = np.zeros(len(prediction), bool)
            labeled = of_networks(labeled, {"diverged": ("seed", sound)}, {"seed": results.seed.values})
            names.append(f"answers_{model.replace(', ', '_').replace(' ', '_')}.nc")
            storage.save_results(labeled, self.run.folder / names[-1])
        return names

    def metrics(self) -> Metrics:
        results = load_results(self.run.checked("results.nc"))
        if self.periods:
            return {"summary": analysis.period_summary(results)}
        measured = {"mean_input": float(results.input[int(results.attrs["mean"])]), "summary": summary(results)}
        return measured | ({"curves": curves(results)} if "explained" in results else {})

    def texts(self) -> dict[str, str]:
        """A row for each limit of each network under each input."""
        results = analysis.limits_of(load_results(self.run.checked("results.nc")))
        return {"points.csv": results.to_dataframe().to_csv(index=False)}

    def report(self) -> Iterator[RenderableType]:
        """Yields a table of results at rest, and tables of the variance that each model explains by probe."""
        metrics = self.run.read_metrics()
        summary, kept = metrics["summary"], metrics["seeds"] - len(metrics["diverged_seeds"])
        title = f"{self.experiment.name}: dynamics of {kept} of {counted(metrics['seeds'], 'network')}"
        of_networks = [name for name in summary if EXPLAINED not in name and PREDICTED not in name]
        rows = [(name, *tables.spread(summary[name])) for name in of_networks]
        yield tables.table(title, ("", "median or share>", "95 % interval>"), rows)
        for window in WINDOWS.values():
            yield from _variance(summary, window)
        yield from tables.few(kept)
        yield tables.stages(metrics["seconds"])

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        yield from figures.draw(load_results(self.run.checked("results.nc"))).items()


def _variance(summary: dict[str, Any], window: str) -> Iterator[RenderableType]:
    named = f"{EXPLAINED}{window}, "
    models, families = ([*dict.fromkeys(name.split(named)[at] for name in summary if named in name)] for at in (0, 1))

    def medians(model: str, of: str) -> list[str]:
        keys = (f"{model}{of}{window}, {family}" for family in families)
        return [tables.number(summary[key]["median"]) for key in keys if key in summary]

    if models:
        rows = [(model, *medians(model, EXPLAINED)) for model in models]
        if shares := medians("LPV", PREDICTED):
            rows.append(("predicted by LPV", *shares))
        columns = ("", *(f"{name.replace('_', ' ')}>" for name in families))
        title = f"share of variance that models explain{window or ' after the first fifth'} of x, median over networks"
        yield tables.table(title, columns, rows)


def _explained(results: xr.Dataset) -> xr.Dataset:
    """Adds the variance that each model explains and the share of time points that it predicts, by probe or curve."""
    answers, x = results.answer.values, results.time.values
    probes = [results.probe.values == name for name in results.curves.values]
    axes = [(ending, "curves", probes) for ending in WINDOWS]
    for ending, axis, chosen in (*axes, ("_early_curve", "curve", [*np.eye(results.sizes["curve"], dtype=bool)])):
        shares = [
            [models.explained(answers[:, curve], predicted[:, curve], x, early=ending != "") for curve in chosen]
            for predicted in results.prediction.values
        ]
        for name, values in zip(("explained", "coverage"), np.transpose(shares, (2, 0, 3, 1)), strict=True):
            results = results.assign({f"{name}{ending}": (("model", "seed", axis), values)})
    return results


def summary(results: xr.Dataset) -> dict[str, dict[str, float | None]]:
    """Medians over networks with 95 % bootstrap intervals; shares of networks with Wilson's 95 % intervals."""
    one, frequency = (results.kind.values == Kind.STABLE).sum(axis=2) == 1, results.mode_frequency.values
    shown = results.curve_shown.isel(curve=0).values
    trained = (results.input.values >= shown.min()) & (results.input.values <= shown.max())
    shares = {
        "share with one stable point at the mean input": one[:, int(results.attrs["mean"])],
        "share with one stable point throughout the training range": one[:, trained].all(axis=1),
        "share whose leading mode oscillates": frequency > 0,
    }
    numbers = {
        **{label: results[name].values for name, label in LABELS.items()},
        "periods of the leading mode within its time constant": frequency * results.time_constant.values / (2 * np.pi),
    }
    if "explained" in results:
        leading = results.model.str.startswith("LPV, ")
        apart = (results.coverage[leading] == results.coverage.sel(model="LPV")).all(("model", "curves")).values
        if not apart.all():
            shares["share whose modes can be told apart under all inputs"] = apart
        for (ending, words), model, probe in product(WINDOWS.items(), results.model.values, results.curves.values):
            explained, coverage = (results[f"{name}{ending}"].sel(model=model) for name in ("explained", "coverage"))
            numbers[f"{model}: variance explained{words}, {probe}"] = explained.sel(curves=probe).values
            if not (coverage == 1).all():
                numbers[f"{model}: time points predicted{words}, {probe}"] = coverage.sel(curves=probe).values
    return {
        **{name: intervals.wilson(int(counts.sum()), len(counts)).as_json() for name, counts in shares.items()},
        **{name: median_of(values) for name, values in numbers.items()},
        **analysis.exponent_rows(results.isel(input=int(results.attrs["mean"]))),
    }


def curves(results: xr.Dataset) -> dict[str, list[dict[str, Any]]]:
    """Measures each curve of each probe in the first fifth of x, with medians over ``networks`` with a number.

    Returns by probe, for each curve: its ``first`` and ``last`` value; ``mode_frequency`` of the leading mode at rest
    under the constant input nearest to the curve's mean there, and how many networks are ``oscillating``; and by model
    the variance explained there, and the share of time points ``predicted`` over all networks.
    """
    x, stable = results.time.values, results.kind.values == Kind.STABLE
    early = ~within(elapsed(x), SETTLED)
    leading = results.eigenvalue_real.values[..., 0] + 1j * results.eigenvalue_imaginary.values[..., 0]
    leading = np.take_along_axis(leading, stable.argmax(axis=2)[..., None], axis=2)[..., 0]
    oscillates = np.abs(linear.modes(leading, float(x[1] - x[0])).frequency)
    frequencies = np.where(stable.any(axis=2), oscillates, np.nan)  # At the stable fixed point, if there is one.
    rows: dict[str, list[dict[str, Any]]] = {}
    for place, probe in enumerate(results.probe.values):
        shown = results.curve_shown.isel(curve=place).values
        nearest = int(np.abs(results.input.values - shown[early].mean()).argmin())
        mode = {**_median(frequencies[:, nearest]), "oscillating": int((frequencies[:, nearest] > 0).sum())}
        row = {"first": float(shown[0]), "last": float(shown[-1]), "mode_frequency": mode}
        for model in results.model.values:
            one_model = results.sel(model=model).isel(curve=place)
            predicted = float(one_model.coverage_early_curve.values.mean())
            row[str(model)] = {**_median(one_model.explained_early_curve.values), "predicted": predicted}
        rows.setdefault(str(probe), []).append(row)
    return rows


def _median(values: Float[np.ndarray, " S"]) -> dict[str, Any]:
    return {**median_of(values), "networks": int(np.isfinite(values).sum())}
