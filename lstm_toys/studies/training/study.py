"""Trains an experiment's population, and evaluates it on the probes.

What saves results and draws them is loaded while XLA trains, so no module that is loaded earlier may import it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib import import_module

import numpy as np

from lstm_toys import figures, results
from lstm_toys.execution import code
from lstm_toys.execution.lowering import Digests, digest
from lstm_toys.files import is_plain
from lstm_toys.populations.programs import Start, TrainingSpecification
from lstm_toys.runs import checks, preparation
from lstm_toys.runs.ask import Ask, Metrics
from lstm_toys.runs.checks import trial
from lstm_toys.runs.context import Failed, RunContext, described_error
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.preparation import Prepared
from lstm_toys.runs.study import Study


class TrainingStudy(Study[Settings]):
    """Trains an experiment's population, and evaluates it on the probes."""

    def __init__(self, ask: Ask[Settings]) -> None:
        super().__init__(ask)
        self.experiment: Experiment = ask.subject
        self.prepared = Prepared(self.experiment, self.settings)

    def check(self) -> None:
        checks.check_experiment(self.experiment)
        self.prepared.check()
        checks.check_points(self.experiment, self.settings.timesteps, dict(self.settings.numbers))

    def efforts(self) -> dict[Settings, float]:
        return {self.settings: float(self.settings.seeds * self.settings.steps)}

    @cached_property
    def _specified(self) -> tuple[TrainingSpecification, Start]:
        steps, curves = self.settings.steps, self.prepared.curves
        kept = (*self.settings.keep_steps, steps)
        return self.prepared.specify(kept, {steps: curves.answered}, lengths=curves.lengths)

    def digests(self) -> Digests:
        specification, start = self._specified
        digests = {
            **self.prepared.declared_digests(),
            **specification.digests(self.settings.seeds),
            "members": digest(start),
            "training curves": digest(self.prepared.curves.training),
            "library": code.library(),
        }
        if self.experiment.model is not None:
            from lstm_toys.results import population

            # The saved population refers to the user's class by name, and `lt.load` imports it.
            digests["model"] = digest(population.signature(self.prepared.model))
        return digests

    def compute(self, context: RunContext) -> Metrics:
        """Trains and evaluates, from checkpoints on, and writes results; raises what `lt.train` raises."""
        settings, experiment, prepared, seconds = self.settings, self.experiment, self.prepared, context.seconds
        examples, probes, _ = prepared.curves
        training = preparation.begin(prepared, self._specified, self.run, context)
        with context.interruption.patient(), ThreadPoolExecutor() as threads:
            threads.submit(_load_writers)
            networks = training.networks()
        from lstm_toys.results import arrays, population, summary

        seconds |= training.seconds
        with context.timed("evaluate"):
            fingerprint, *earlier = training.fingerprints
            attributes = {"flags": settings.as_dict(), "fingerprint": fingerprint, "earlier_fingerprints": earlier}
            attributes |= {"data": dict(experiment.data)} if experiment.data else {}
            attributes |= {"run": self.run.folder.name}
            x, (learned, probed) = np.asarray(prepared.x), prepared.curves.split(training.answers[settings.steps])
            labeled = arrays.dataset(
                networks, prepared.task, x, experiment.span, examples, learned, probes, probed, attributes
            )
            labeled = arrays.in_units(labeled, experiment.scaling).assign_coords(settings.labels)
            if experiment.goal is not None:
                labeled = labeled.assign(summary.outcomes(labeled, experiment.goal))
            files = population.save(networks, self.run.folder, labeled)
        return {
            "member_steps_per_second": round(training.member_steps / seconds["train"]),
            "continued": training.continued,
            "files": files,
        }

    def metrics(self) -> Metrics:
        from lstm_toys.results import arrays, storage, summary

        labeled = storage.load_results(self.run.checked("results.nc"))
        metrics, fit = summary.metrics(labeled, self.experiment.goal), arrays.kept(labeled)
        with trial(f"experiment {self.experiment.name}: its compare fails"):
            return metrics | {"published": self.experiment.compare(fit) if fit.sizes["seed"] else []}

    def draw(self) -> Iterator[tuple[str, figures.Drawing]]:
        """Draws the experiment's figures from labeled results alone; raises Failed if its ``draw`` fails."""
        from matplotlib.figure import Figure

        own, others = _results(self.run), {name: _results(other) for name, other in self.companions.items()}
        failed = f"experiment {self.experiment.name}: its draw"
        kept = "the trained run is kept, and the same command draws it"
        try:
            draw = self.experiment.draw
            drawings = draw(own, others) if draw else figures.usual(own, self.experiment.goal)
        except Exception as error:  # A user's code may raise anything.
            raise Failed(f"{failed} raised {described_error(error)}; {kept}") from None
        if not isinstance(drawings, Mapping):
            raise Failed(f"{failed} returned {type(drawings).__name__}, no dictionary of drawings by file name; {kept}")
        for name, drawing in drawings.items():
            ending = ".png" if isinstance(drawing, Figure) else ".gif"
            if not isinstance(drawing, figures.Drawing) or not is_plain(name) or not name.endswith(ending):
                returned = f"returned {type(drawing).__name__} under {name!r}"
                raise Failed(f"{failed} {returned}; a Figure goes under NAME.png, an animation under NAME.gif; {kept}")
        yield from drawings.items()


def _results(run: Run) -> results.arrays.Results:
    from lstm_toys.results import storage

    return storage.load_results(run.checked("results.nc"))


def _load_writers() -> None:
    for name in ("figures.style", "results.population", "results.summary"):
        import_module(f"lstm_toys.{name}")
    import xarray as xr

    xr.Dataset({"y": 0.0}).to_netcdf(engine="h5netcdf")  # Only now are h5netcdf and, where installed, Dask imported.
