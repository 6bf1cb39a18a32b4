"""Saves trained networks as files, and loads them without their training code."""

import dataclasses
import errno
import importlib
import json
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import flax.linen as nn
import numpy as np
import xarray as xr
from jaxtyping import Float, Int

from lstm_toys import arguments
from lstm_toys.files import Damaged, checked, read_sealed, sha256, telling_damage, write_sealed
from lstm_toys.networks import cells
from lstm_toys.networks.stack import Stack
from lstm_toys.output import counted
from lstm_toys.populations.trained import Networks, varied
from lstm_toys.results import arrays, storage
from lstm_toys.tasks.parameters import TRAINING
from lstm_toys.tasks.scaling import Scaling
from lstm_toys.text import printable

ABOUT, RESULTS, PARAMETERS = "population.json", "results.nc", "parameters.npz"

SWEPT = "population-"
"""Beginning of the names of the files in which a sweep saves its networks, of each model separately."""

LIBRARY = "lstm_toys.networks."
"""Prefix of modules that may be imported for any model."""


class Untrusted(ValueError):
    """A model is defined in a module that may not be imported; the message names it and explains how to allow it.

    Example:
        >>> issubclass(lt.errors.Untrusted, ValueError)  # `lt.load(folder, trust=("mylab.cells",))` allows code to run.
        True
    """


def save(
    networks: Networks, folder: Path | str, results: xr.DataTree | None = None, scaling: Scaling | None = None
) -> list[str]:
    """Saves trained networks and their results to a folder, from which `lt.load` loads them.

    The model may be any Flax module that can be imported and has attributes that JSON can store.

    Args:
        networks: the networks; parameters after all kept steps are saved.
        folder: created if it does not exist; earlier files of the same names are replaced.
        results: labeled results; None: those of the networks.
        scaling: the `Scaling` that the task applied to its curves, so that results are saved in the original units;
            ignored if ``results`` are passed. None: curves were not scaled.

    Returns:
        The names of the files.

    Raises:
        ValueError: the model or its parameters could not be read back, the networks have no results, or two of them
            have the same seed and numbers.
        OSError: a file cannot be written.

    Example:
        >>> import tempfile
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(10))
        >>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=3, learning_rate=0.1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     print(lt.save(trained, folder))
        ...     loaded = lt.load(folder)
        ['results.nc', 'parameters.npz', 'population.json']
        >>> loaded, loaded.model == trained.model
        (<Networks: 2 networks, seeds 0 to 1, 3 steps, 0 diverged>, True)
    """
    arguments.kinds(locals(), networks=Networks, results=xr.DataTree | None, scaling=Scaling | None)
    folder, labeled = Path(folder), results
    described(networks.model)  # Before anything is written.
    if labeled is None:
        labeled = networks.results.copy()
        labeled.attrs = {"flags": "{}", **labeled.attrs}
        labeled = arrays.in_units(labeled, scaling)
    if (saved := labeled.sizes.get("seed", 0)) != len(networks):
        raise ValueError(f"results are of {counted(saved, 'network')}, not of {len(networks):,}")
    if not networks.steps:
        raise ValueError("networks must be those of lt.train or lt.load, which know their steps")
    points = labeled[TRAINING].sizes.get("time", 2)
    _described_members(networks, points)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:  # Elsewhere, a file in place of a folder raises the other error.
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None
    storage.save_results(labeled, folder / RESULTS)
    return save_networks(networks, folder / ABOUT, points)


def save_networks(
    networks: Networks, path: Path, points: int, settings: Mapping[int, Int[np.ndarray, " S"]] | None = None
) -> list[str]:
    """Saves networks next to their results; returns the names of the files.

    Args:
        path: the file that describes them.
        points: number of time points of the curves that they were trained on.
        settings: the number of each network's setting in the results of a sweep, by step; -1 where there is none.
    """
    names = _names(path, networks.steps)
    for step, name in names.items():
        storage.save_parameters(networks.at(step).params, path.parent / name)
    files = [RESULTS, *names.values()]
    about = {
        "run": path.parent.name,
        "model": described(networks.model),
        "input_features": list(networks.input_features),
        "output_features": list(networks.output_features),
        "kept": networks.steps,
        "networks": _described_members(networks, points),
        "files": {name: sha256(path.parent / name) for name in files},
        **({"settings": {str(step): places.tolist() for step, places in settings.items()}} if settings else {}),
    }
    write_sealed(path, about)
    return [*files, path.name]


def _described_members(networks: Networks, points: int) -> dict[str, Any]:
    """Describes networks without their model as JSON; raises ValueError if it could not be read back."""
    members = {
        "block": networks.block,
        "points": points,
        "seeds": networks.seeds.tolist(),
        "diverged": np.flatnonzero(networks.diverged).tolist(),
        "numbers": {name: values.tolist() for name, values in networks.numbers.items()},
    }
    _members(members)
    return members


def _names(about: Path, steps: Sequence[int]) -> dict[int, str]:
    """The names of the files of parameters by step, which belong to a description of networks."""
    stem = "parameters" if about.name == ABOUT else about.stem
    return {**{step: f"{stem}-{step}.npz" for step in steps}, steps[-1]: f"{stem}.npz"}


def load(folder: Path | str, trust: Collection[str] = (), model: nn.Module | None = None) -> Networks:
    """Loads networks; see `lstm_toys.runs.loading.load`. With a ``model``, it is not rebuilt."""
    trust, path = arguments.names("trust", trust), _described(Path(folder))
    about, folder = read_sealed(path), path.parent
    with telling_damage(path):
        kept, digests = sorted(map(int, about["kept"])), {name: str(each) for name, each in about["files"].items()}
        place, attributes = str(about["model"]["class"]), dict(about["model"]["attributes"])
        inputs, outputs = (arguments.names(name, about[name]) for name in ("input_features", "output_features"))
        settings = {int(step): np.array(places) for step, places in about.get("settings", {}).items()}
        members, results = about["networks"], digests[RESULTS]
    if model is None:
        try:
            model = _rebuilt(place, attributes, trust)
        except ValueError as error:
            refused = Untrusted if isinstance(error, Untrusted) else ValueError
            raise refused(f"{path}: {printable(str(error))}") from None
    with telling_damage(path):
        seeds, numbers = _members(members)
        diverged = np.isin(np.arange(len(seeds)), members["diverged"])
        read = {step: partial(_parameters, folder / name, digests[name]) for step, name in _names(path, kept).items()}
    return Networks(
        model=model,
        params=read[kept[-1]](),
        block=members["block"],
        seeds=seeds,
        diverged=diverged,
        numbers=numbers,
        input_features=inputs,
        output_features=outputs,
        step=kept[-1],
        kept=read,
        labeled=partial(_labeled, folder, results, seeds, settings),
    )


def _members(about: Mapping[str, Any]) -> tuple[Int[np.ndarray, " S"], dict[str, Float[np.ndarray, " S"]]]:
    """Returns the seeds and numbers in a description of networks; raises ValueError for one of no networks."""
    arguments.counts(block=about["block"], points=about["points"])
    seeds = np.array(arguments.wholes("seeds", np.array(about["seeds"]), least=0, most=2**32 - 1))
    arguments.wholes("diverged", [0, *about["diverged"]], least=0, most=len(seeds) - 1)
    numbers = {name: np.array(values, np.float32) for name, values in about["numbers"].items()}
    if len(np.unique(np.stack([seeds, *numbers.values()], axis=1), axis=0)) < len(seeds):
        raise ValueError("seeds must be different under the same numbers")
    return seeds, numbers


def _described(folder: Path) -> Path:
    """The file that describes the networks in a folder, or the only ones of a sweep; raises ValueError for several."""
    if folder.is_file():
        return folder
    swept = [] if (folder / ABOUT).exists() else sorted(folder.glob(f"{SWEPT}*.json"))
    if len(swept) > 1:
        names = ", ".join(f"{path.name} of {_words(path)}" for path in swept)
        raise ValueError(f"{folder} has networks of {len(swept)} models; load one of its files: {names}")
    return swept[0] if swept else folder / ABOUT


def _words(path: Path) -> str:
    attributes = read_sealed(path)["model"]["attributes"]
    return ", ".join(f"{name} {value}" for name, value in attributes.items())


def _parameters(path: Path, digest: str) -> storage.Params:
    return storage.load_parameters(checked(path, digest))


def _labeled(folder: Path, digest: str, seeds: Int[np.ndarray, " S"], settings: Mapping[int, Any], step: int) -> Any:
    """Reads the results of networks, or of a sweep at the settings of its networks after a step."""
    path = checked(folder / RESULTS, digest)
    results = storage.load_results(path)
    if not isinstance(results, xr.DataTree):
        raise Damaged(path, "is damaged, or another version of lstm_toys wrote it: it has no tree of results")
    if settings:
        places = settings.get(step, np.array([-1]))
        if (places < 0).any():
            raise ValueError(f"the sweep has no results of all of these networks after {step:,} steps")
        if "setting" not in results.coords:
            return results.sel(seed=seeds)
        part = next(part for part in arrays.parts_of(results) if places[0] in part.setting)
        chosen = part.sel(setting=xr.DataArray(places, dims="seed"), seed=xr.DataArray(seeds, dims="seed"))
        coordinates = {str(name): coordinate for name, coordinate in chosen.coords.items()}
        labels = {name: values.values for name, values in coordinates.items() if name not in ("seed", "setting")}
        along = {name: ("seed", values) for name, values in varied(labels).items()}
        return chosen.map_over_datasets(lambda node: node.assign_coords(along) if "seed" in node.dims else node)
    return results


def described(model: nn.Module) -> dict[str, Any]:
    """Describes a model as JSON; raises ValueError if it could not be rebuilt."""
    place = _place(model)
    if "<locals>" in place:
        raise ValueError(f"{place} cannot be saved: its class is defined within a function")
    try:
        attributes = json.dumps({name: getattr(model, name) for name in sorted(_attributes(model))})
    except TypeError as error:
        raise ValueError(f"{place} cannot be saved: {error}") from None
    described = {"class": place, "attributes": json.loads(attributes)}
    if _rebuilt(place, described["attributes"], ()) != model:
        raise ValueError(f"{model} cannot be saved: its module and its attributes do not make it again")
    return described


def signature(model: nn.Module) -> list[str]:
    """Lists from what a saved model is rebuilt: its class, and the names of its attributes."""
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
    if issubclass(model_class, Stack) and isinstance(cell, str) and (custom := cells.CELL.fullmatch(cell)):
        _module_class(custom["place"], trust)
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
        if loaded is None and (
            module in trust or (module.startswith(LIBRARY) and module.replace(".", "").isidentifier())
        ):
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
