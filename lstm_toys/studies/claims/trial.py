"""Tests claims on synthetic results, so that a statistic that fails is refused before any training."""

from itertools import count

import jax.numpy as jnp
import numpy as np
import xarray as xr

from lstm_toys.networks.training import LastGood
from lstm_toys.populations import train
from lstm_toys.results import arrays
from lstm_toys.runs.context import Refused
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.preparation import Prepared
from lstm_toys.studies.claims import evidence, given
from lstm_toys.studies.claims.ask import Question
from lstm_toys.studies.claims.verdicts import Unsound, judge


def check(question: Question) -> None:
    """Tests every claim on synthetic networks, copies and published answers; raises Refused if a statistic fails."""
    one = {name: made(question.declared.populations[name][0], each) for name, each in question.settings.items()}
    # No other axis has this length, so that a statistic that confuses axes fails.
    sizes = {size for labeled in one.values() for axis, size in labeled.sizes.items() if axis != "seed"}
    networks = next(number for number in count(2) if number not in sizes)
    several = {name: labeled.isel(seed=np.zeros(networks, int)) for name, labeled in one.items()}
    copies = {name: evidence.copy(labeled) for name, labeled in one.items()}
    published = given.published(question)
    for claim in question.claims:
        for results in (several, copies, published):
            try:
                judge(claim, results)
            except Unsound as error:
                raise Refused(f"claim {claim.id}: {error}") from None


def made(experiment: Experiment, settings: Settings) -> xr.Dataset:
    """Makes results like those of a run, for one synthetic network that copies its input."""
    prepared = Prepared(experiment, settings)
    task, (examples, probes, shown) = prepared.task, prepared.curves
    specification, _ = prepared.specify((*settings.keep_steps, settings.steps), {})
    axes = (settings.timesteps, len(task.output_features)) if task.sequence else (len(task.output_features),)
    loss = np.geomspace(1.0, 1e-6, len(specification.recorded), dtype=np.float32)[None]
    population = train.Population(
        task=task,
        model=prepared.model,
        states={settings.steps: LastGood(jnp.full(1, settings.steps), {}, jnp.ones(1))},
        steps=specification.recorded,
        train_loss=loss,
        train_measures=np.repeat(np.sqrt(loss)[:, :, None], len(task.measured), axis=2),
        frame_steps=specification.recorded[specification.frames],
        frames=np.zeros((1, len(specification.frames), *axes), np.float32),
        block=1,
        numbers={},
        member_steps=0,
        after=experiment.goal.after,
    )
    own = {name: (each.shape[1], *axes[1:]) if task.sequence else axes for name, each in shown.items()}
    answers = {name: np.zeros((1, len(each), *own[name]), np.float32) for name, each in shown.items()}
    learned, probed = prepared.curves.split(answers)
    x = np.asarray(prepared.x)
    labeled = arrays.dataset(population, x, experiment.span, examples, learned, probes, probed, {})
    labeled = arrays.in_units(labeled, experiment.scaling)
    copied = evidence.copy(labeled)
    return labeled.assign({name: copied[name] for name in copied.data_vars if "answer" in str(name)})
