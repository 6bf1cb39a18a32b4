"""Saves trained populations, and loads them without the code that made them.

>>> import tempfile
>>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(10))
>>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=3, learning_rate=0.1)
>>> with tempfile.TemporaryDirectory() as folder:
...     print(lt.save(trained, folder))
...     loaded = lt.load(folder)
['results.nc', 'parameters.npz', 'population.json']
>>> isinstance(loaded, lt.Saved), loaded.model == trained.model
(True, True)
"""

import dataclasses
import importlib
import json
import sys
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import numpy as np
import xarray as xr
from jaxtyping import Float, PyTree

from lstm_toys import arguments
from lstm_toys.files import Damaged, own_file, read_sealed, sha256, telling_damage, write_sealed
from lstm_toys.networks import cells
from lstm_toys.networks.stack import Stack
from lstm_toys.output import counted
from lstm_toys.populations import answering
from lstm_toys.populations.train import Population
from lstm_toys.results import arrays, storage
from lstm_toys.tasks.sets import Scaling
from lstm_toys.text import printable

ABOUT, RESULTS, PARAMETERS = "population.json", "results.nc", "parameters.npz"

OWN = "lstm_toys.networks."
"""Prefix of modules that may be imported for any model."""


class Untrusted(ValueError):
    """A model whose code may not run; the message, one line, names it and explains how to allow it.

    Example:
        >>> issubclass(lt.Untrusted, ValueError)  # `lt.load(folder, trust=("mylab.cells",))` allows code to run.
        True
    """


class Saved(NamedTuple):
    """A saved population.

    Attributes:
        params: parameters after the last step, every leaf with a leading axis S.
        kept: parameters that were kept after earlier steps, by step.
        scaling: scaling of inputs and answers; None: curves are not scaled.
    """

    model: nn.Module
    params: PyTree[Float[np.ndarray, "S ..."]]
    kept: dict[int, PyTree[Float[np.ndarray, "S ..."]]]
    results: xr.Dataset
    input_features: tuple[str, ...]
    output_features: tuple[str, ...]
    scaling: Scaling | None

    def __repr__(self) -> str:
        return f"<Saved: {self.results.sizes['seed']:,} networks>"


def save(
    population: Population, folder: Path | str, results: xr.Dataset | None = None, scaling: Scaling | None = None
) -> list[str]:
    """Saves a population of any importable Flax module to a folder, each file atomically; returns the files' names.

    Args:
        folder: created if it does not exist.
        results: labeled results; None: histories and training set, see `lstm_toys.results.arrays.trained`.
        scaling: scaling of the training set, which is saved in the original units; ignored if ``results`` are passed.

    Raises:
        ValueError: the model or its parameters could not be read back.
        OSError: a file cannot be written.
    """
    arguments.kinds(locals(), population=Population, results=xr.Dataset | None, scaling=Scaling | None)
    folder, described = Path(folder), _described(population.model)
    if _rebuilt(described["class"], described["attributes"], ()) != population.model:
        raise ValueError(f"{population.model} cannot be saved: its module and its attributes do not make it again")
    labeled = results
    if labeled is None:
        labeled = arrays.in_units(arrays.trained(population).assign_attrs(flags="{}"), scaling)
    _check_networks(labeled, len(population.train_loss))
    folder.mkdir(parents=True, exist_ok=True)
    storage.save_results(labeled, folder / RESULTS)
    names = {step: parameters_name(step) for step in population.states} | {int(population.steps[-1]): PARAMETERS}
    for step, name in names.items():
        storage.save_parameters(population.states[step].params, folder / name)
    files = [RESULTS, *names.values()]
    about = {
        "run": folder.name,
        "model": described,
        "input_features": list(population.task.input_features),
        "output_features": list(population.task.output_features),
        "kept": {str(step): name for step, name in names.items() if name != PARAMETERS},
        "files": {name: sha256(folder / name) for name in files},
    }
    write_sealed(folder / ABOUT, about)
    return [*files, ABOUT]


def load(folder: Path | str, trust: Collection[str] = ()) -> Saved:
    """Loads a population; see `lstm_toys.runs.loading.load`."""
    trust, folder = arguments.names("trust", trust), Path(folder)
    about = read_sealed(folder / ABOUT)
    with telling_damage(folder / ABOUT):
        kept = {int(step): parameters_name(int(step)) for step in about["kept"]}  # Of no other folder.
        digests = {name: about["files"][name] for name in (RESULTS, PARAMETERS, *kept.values())}
        place, attributes = str(about["model"]["class"]), dict(about["model"]["attributes"])
        inputs, outputs = (tuple(about[each]) for each in ("input_features", "output_features"))
    for name, digest in digests.items():
        if sha256(own_file(folder / name)) != digest:
            raise Damaged(folder / name, "is damaged, or of another population: it is not what was written")
    try:
        model = _rebuilt(place, attributes, trust)
    except ValueError as error:
        refused = Untrusted if isinstance(error, Untrusted) else ValueError
        raise refused(f"{folder / ABOUT}: {printable(str(error))}") from None
    results = storage.load_results(folder / RESULTS, set())
    with telling_damage(folder / RESULTS):
        scaling = arrays.scaling_of(results)

    def read(name: str) -> PyTree[Float[np.ndarray, "S ..."]]:
        params = storage.load_parameters(folder / name)
        count = partial(answering.networks, model, params, results.sizes.get("time", 2), len(inputs))
        with telling_damage(folder / name):
            jax.eval_shape(lambda: _check_networks(results, count()))  # So that no device is started.
        return params

    return Saved(
        model, read(PARAMETERS), {step: read(name) for step, name in kept.items()}, results, inputs, outputs, scaling
    )


def _check_networks(results: xr.Dataset, networks: int) -> None:
    """Raises ValueError if results are not of this number of networks."""
    if results.sizes.get("seed") != networks:
        raise ValueError(f"results are of {counted(results.sizes.get('seed', 0), 'network')}, not of {networks:,}")


def parameters_name(step: int) -> str:
    """File name of the parameters after a step that is not the last one."""
    return f"parameters-{step}.npz"


def _described(model: nn.Module) -> dict[str, Any]:
    """Describes a model as JSON; raises ValueError if an attribute or the class cannot be saved."""
    place = _place(model)
    if "<locals>" in place:
        raise ValueError(f"{place} cannot be saved: its class is defined within a function")
    try:
        attributes = json.dumps({name: getattr(model, name) for name in sorted(_attributes(model))})
    except TypeError as error:
        raise ValueError(f"{place} cannot be saved: {error}") from None
    return {"class": place, "attributes": json.loads(attributes)}


def signature(model: nn.Module) -> list[str]:
    """Lists what a saved model is rebuilt from: its class, and the names of its attributes."""
    return [_place(model), *sorted(_attributes(model))]


def _place(model: nn.Module) -> str:
    module = type(model).__module__
    return f"{_main() if module == '__main__' else module}:{type(model).__qualname__}"


def _main() -> str:
    """The module name under which others import the running program; interactive sessions have none."""
    main = sys.modules["__main__"]
    spec, file = getattr(main, "__spec__", None), getattr(main, "__file__", None)
    return spec.name if spec else Path(file).stem if file else "__main__"


def _rebuilt(place: str, attributes: dict[str, Any], trust: Collection[str]) -> nn.Module:
    """Rebuilds a model from its class and attributes, which are data; raises as `load` does."""
    module, _, name = place.partition(":")
    model_class = _module_class(f"__main__:{name}" if module == _main() else place, trust)
    cell = attributes.get("cell")
    if issubclass(model_class, Stack) and isinstance(cell, str) and cells.PLACE.fullmatch(cell):
        _module_class(cell, trust)
    if unknown := attributes.keys() - _attributes(model_class):
        raise ValueError(f"the model {place} has no attribute {min(unknown)}")
    plain = {key: tuple(value) if isinstance(value, list) else value for key, value in attributes.items()}
    try:
        return model_class(**plain)
    except Exception as error:  # A class may raise anything for values that it does not expect.
        raise ValueError(f"the model {place} cannot be made: {error}") from None


def _module_class(place: str, trust: Collection[str]) -> type[nn.Module]:
    """Looks up a class of Flax modules, ``package.module:Class``; raises as `load` does."""
    module, _, name = place.partition(":")
    loaded = sys.modules.get(module)
    try:
        if loaded is None and (module in trust or (module.startswith(OWN) and module.replace(".", "").isidentifier())):
            loaded = importlib.import_module(module)
        elif loaded is None:
            allow = f"trust=({module!r},) allows lt.load to import it"
            raise Untrusted(f"{place} is of a module that is not imported here: if its code is safe, {allow}")
        inner: Any = loaded
        for part in name.split("."):  # Not by `getattr`, which may run code.
            inner = vars(inner)[part]
            if not isinstance(inner, type):
                break
    except ImportError as error:
        raise ValueError(f"{place} cannot be imported: {error}") from None
    except KeyError as error:
        raise ValueError(f"{place} cannot be imported: there is no {error}") from None
    if not (isinstance(inner, type) and issubclass(inner, nn.Module)):
        raise Untrusted(f"{place} is not a class of Flax modules, which alone can be loaded, whatever trust allows")
    return inner


def _attributes(model: nn.Module | type[nn.Module]) -> set[str]:
    """The names of a model's constructor arguments."""
    return {field.name for field in dataclasses.fields(model)} - {"parent", "name"}
