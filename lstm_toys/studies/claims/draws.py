"""Examples that are drawn for each network, and labeled with its answers to them, for claims."""

import hashlib
from dataclasses import replace
from functools import lru_cache
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from lstm_toys.networks import purity, training
from lstm_toys.populations import answering
from lstm_toys.populations.trained import Networks
from lstm_toys.results import arrays
from lstm_toys.runs.preparation import trial
from lstm_toys.studies.claims.declaration import Source
from lstm_toys.tasks.parameters import TRAINING, Span
from lstm_toys.tasks.probes import Probe, check_probes, evaluation_set
from lstm_toys.tasks.scaling import scaling_of
from lstm_toys.tasks.supervision import LOSSES, MSE, Examples, Task

JOINED = ("inputs", "parameters", "targets", "lengths", "weights")


def labeled(
    results: xr.DataTree, source: Source, base_seed: int, networks: Networks | None = None, *, second: bool = False
) -> xr.Dataset:
    """Labels draws, and answers to them, like a probe, with ``seed`` ahead of every ``curve``.

    Raises Refused if they cannot be drawn, or do not fit the task of the population.

    Args:
        results: results of the population, whose training has the names and time points that label draws.
        networks: the networks that answer; None: zeros are in place of answers to the draw of seed 0.
        second: whether they answer a second draw.
    """
    learned, seeds = results[TRAINING].to_dataset(), [0] if networks is None else networks.seeds.tolist()
    task, time = _task(learned), learned["time"]  # Without time points, they are counted.
    span = Span(name=time.attrs.get("long_name", "x"), unit=time.attrs.get("units", ""))
    with trial(f"{source.name}, drawn for {source.population}"):
        probe = draws(source.curves, base_seed, tuple(seeds), second=second)
        check_probes(task, [probe])
        if networks is None:
            answers = np.zeros((*probe.inputs.shape[: 1 + task.sequence], len(task.output_features)), np.float32)
        else:
            ends = None if task.sequence or probe.lengths is None else probe.lengths.reshape(len(seeds), -1)
            inputs = probe.inputs.reshape(len(seeds), -1, *probe.inputs.shape[1:])
            answers = np.concatenate(answering.separate_answers(networks, inputs, ends))
        evaluated = evaluation_set(task, probe, time.values.astype(np.float32))
        flat = arrays.curve_set(task, evaluated, answers[None], span, probe.declared)
    tree = xr.DataTree.from_dict({"/": xr.Dataset(attrs=results.attrs), "draws": flat})
    flat = arrays.probed(arrays.in_units(tree, scaling_of(results)), "draws").isel(seed=0)
    by_network = flat.coarsen(curve=len(probe.inputs) // len(seeds)).construct(curve=("seed", "own"))
    return by_network.rename(own="curve").assign_coords(seed=seeds)


@lru_cache(maxsize=4)
def draws(draw: Any, base_seed: int, seeds: tuple[int, ...], *, second: bool = False) -> Probe:
    """The draws of a function for several seed numbers, one after the other, as one probe; or their second draws."""
    digest = int.from_bytes(hashlib.sha256(f"{draw.__name__}{' again' * second}".encode()).digest()[:4])
    key = training.seed_key(jnp.uint32(base_seed), jnp.uint32(digest))
    made = [draw(jax.random.fold_in(key, np.uint32(seed))) for seed in (*seeds, seeds[0])]
    *probes, again = (each if isinstance(each, Probe) else Probe.of(draw.__name__, each) for each in made)
    parts = [{name: getattr(each, name) for name in JOINED} for each in probes]
    first, *others = [jax.tree.map(np.shape, part) for part in parts]
    for other, name in product(others, JOINED):
        if other[name] != first[name]:
            raise ValueError(f"all draws must have the same shapes, not {name} of {first[name]} and {other[name]}")
    purity.check_repeated(purity.name_of(draw), vars(probes[0]), vars(again))
    names, joined = sum((each.names for each in probes), ()), jax.tree.map(lambda *each: np.concatenate(each), *parts)
    return replace(probes[0], name=draw.__name__, names=names, **joined)


def _task(learned: xr.Dataset) -> Task:
    """A task whose labels are those of the training."""
    output = "output_feature" if "output_feature" in learned.coords else "feature"
    known = [learned[name] for name in ("answer", "train_target", "train_loss") if name in learned]
    loss = next((each.attrs["loss"] for each in known if each.attrs.get("loss") in LOSSES), MSE)
    shown, answered = (tuple(learned[name].values.tolist()) for name in ("feature", output))
    none, ahead = Examples(*2 * (jnp.empty(0),)), learned.attrs.get("ahead", 0)
    return Task(lambda *_: none, shown, answered, "time" in known[0].dims, ahead=ahead, loss=loss)
