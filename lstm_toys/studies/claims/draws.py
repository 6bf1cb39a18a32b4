"""Examples that are drawn for each network, and labeled with its answers to them, for claims."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from lstm_toys.networks import training
from lstm_toys.populations import answering
from lstm_toys.populations.trained import Networks
from lstm_toys.results import arrays
from lstm_toys.runs.checks import trial
from lstm_toys.statistics.errors import BINARY, CROSS_ENTROPY
from lstm_toys.studies.claims.declaration import Source
from lstm_toys.tasks import asked
from lstm_toys.tasks.parameters import TRAINING, Span
from lstm_toys.tasks.probes import Probe, check_probes
from lstm_toys.tasks.scaling import scaling_of
from lstm_toys.tasks.supervision import MSE, Examples, Task

DRAW = "draw"
"""The name of the node of draws, while they are converted to original units."""

JOINED = ("inputs", "parameters", "targets", "lengths", "weights")

Answering = Callable[[Task, Probe], Float[np.ndarray, "S_C ..."]]
"""Answers to all draws, one after the other."""


class Drawn(NamedTuple):
    """Networks with a source whose examples are drawn for each of them.

    Attributes:
        results: results of the population, which have the names and time points that label draws.
        base_seed: the base seed of the claims.
    """

    networks: Networks
    results: xr.DataTree
    source: Source
    base_seed: int

    def answered(self, chosen: Bool[np.ndarray, " S"]) -> xr.Dataset:
        """The answers of chosen networks to their draws, like `evidence.select`; raises Refused."""
        networks = self.networks if chosen.all() else self.networks[np.flatnonzero(chosen)]

        def answers(task: Task, probe: Probe) -> Float[np.ndarray, "S_C ..."]:
            inputs, lengths = _by_network(probe.inputs, len(networks)), None
            if probe.lengths is not None and not task.sequence:
                lengths = _by_network(probe.lengths, len(networks))
            found = answering.own_answers(networks, inputs, lengths)
            return found.reshape(-1, *found.shape[2:])

        return labeled(self.results, self.source, self.base_seed, networks.seeds.tolist(), answers)


def labeled(
    results: xr.DataTree, source: Source, base_seed: int, seeds: Sequence[int], answers: Answering
) -> xr.Dataset:
    """Labels the draws of seed numbers, and answers to them, like a probe, with ``seed`` ahead of every ``curve``.

    Raises Refused if they cannot be drawn, or do not fit the task of the population.
    """
    learned, drawn = results[TRAINING].to_dataset(), f"{source.name}, drawn for {source.population}"
    task, span, x = _task(learned), Span(), np.linspace(0, 1, learned.sizes["time"], dtype=np.float32)
    if "time" in learned.coords:  # Networks of `lt.train` have no time points.
        x, words = learned.time.values, learned.time.attrs
        span = Span(name=words["long_name"], unit=words["units"])
    with trial(drawn):
        probe = draws(source.curves, base_seed, tuple(seeds))
        check_probes(task, [probe])
        flat = arrays.curve_set(task, asked.of(task, probe, x), answers(task, probe)[None], span, probe.declared)
    flat = arrays.in_units(xr.DataTree.from_dict({DRAW: flat}), scaling_of(results))[DRAW].to_dataset().isel(seed=0)
    own = {
        name: (("seed", *each.dims), _by_network(each.values, len(seeds)), each.attrs)
        for name, each in flat.variables.items()
        if "curve" in each.dims
    }
    found = flat.drop_dims("curve").assign(own).assign_coords(seed=[*seeds])
    return found.set_coords([name for name in flat.coords if name in own])


@lru_cache(maxsize=4)
def draws(draw: Any, base_seed: int, seeds: tuple[int, ...]) -> Probe:
    """The draws of a function for several seed numbers, one after the other, as one probe."""
    digest = int.from_bytes(hashlib.sha256(draw.__name__.encode()).digest()[:4])
    key = training.seed_key(jnp.uint32(base_seed), jnp.uint32(digest))
    made = [draw(jax.random.fold_in(key, np.uint32(seed))) for seed in seeds]
    probes = [each if isinstance(each, Probe) else Probe.of(draw.__name__, each) for each in made]
    parts = [{each: getattr(probe, each) for each in JOINED} for probe in probes]
    first, *others = [jax.tree.map(np.shape, part) for part in parts]
    for other in others:
        for name in JOINED:
            if other[name] != first[name]:
                raise ValueError(f"all draws must have the same shapes, not {name} of {first[name]} and {other[name]}")
    names = tuple(each for probe in probes for each in probe.names)
    joined = jax.tree.map(lambda *each: np.concatenate(each), *parts)
    return replace(probes[0], name=draw.__name__, names=names, **joined)


def _task(learned: xr.Dataset) -> Task:
    """A task whose labels are those of the training."""
    output = "output_feature" if "output_feature" in learned.coords else "feature"
    known = [learned[name] for name in ("answer", "train_target", "train_loss") if name in learned]
    loss = next((each.attrs["loss"] for each in known if each.attrs.get("loss") in (CROSS_ENTROPY, BINARY)), MSE)
    shown, answered = (tuple(learned[name].values.tolist()) for name in ("feature", output))
    sequence, ahead = "time" in known[0].dims, learned.attrs.get("ahead", 0)
    none = Examples(*2 * (jnp.empty(0),))
    return Task(lambda *_: none, shown, answered, sequence, ahead=ahead, loss=loss)


def _by_network(values: np.ndarray, count: int) -> np.ndarray:
    return values.reshape(count, -1, *values.shape[1:])
