"""A trained population on disk: model, parameters, histories and answers, loaded without the code that made them."""

import dataclasses
import errno
import importlib
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import flax.linen as nn
import numpy as np
import xarray as xr
from jaxtyping import Float, PyTree

from lstm_toys.files import Damaged, read_json, sha256, write_json
from lstm_toys.populations import overview
from lstm_toys.populations.train import Population
from lstm_toys.results import arrays, storage
from lstm_toys.tasks.scaling import Scaling

ABOUT, RESULTS, PARAMETERS = "population.json", "results.nc", "parameters.npz"


class Saved(NamedTuple):
    """A population as it was saved.

    Attributes:
        model: the network.
        params: its parameters after the last step, every leaf with a leading axis S.
        kept: the same after other steps that were to be kept.
        results: labeled histories, training curves and answers.
        shown: names of the features of an input.
        asked: names of the features of an answer.
        scaling: what curves go through before they are shown, and answers back; None: networks see them as they are.

    Example:
        >>> import lstm_toys as lt
        >>> lt.Saved._fields
        ('model', 'params', 'kept', 'results', 'shown', 'asked', 'scaling')
    """

    model: nn.Module
    params: PyTree[Float[np.ndarray, "S ..."]]
    kept: dict[int, PyTree[Float[np.ndarray, "S ..."]]]
    results: xr.Dataset
    shown: tuple[str, ...]
    asked: tuple[str, ...]
    scaling: Scaling | None

    def __repr__(self) -> str:
        return overview.line(self, self._told())

    def _repr_html_(self) -> str:
        return overview.table(self, self._told())

    def _told(self) -> dict[str, str]:
        last = self.results.isel(step=-1)
        return overview.population(self.model, int(last.step), last.train_loss.values, last.diverged.values)


def save(
    population: Population, folder: Path | str, results: xr.Dataset | None = None, scaling: Scaling | None = None
) -> list[str]:
    """Writes a population, each file as a whole or not at all.

    Args:
        population: of any Flax module that can be imported.
        folder: made if it is not there.
        results: what is known of it, labeled; None: its histories and what it was trained on, see `arrays.trained`.
        scaling: of what it was trained on, which is written in the units from before; of results that are given, these
            know it.

    Returns:
        The names of the files.

    Raises:
        ValueError: the model or its parameters could not be read back.
        OSError: a file cannot be written.

    Example:
        >>> import tempfile
        >>> import lstm_toys as lt
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(10))
        >>> trained = lt.train(task, lt.Stack(features=1, hidden=(4,)), seeds=2, steps=3, learning_rate=0.1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     names = lt.save(trained, folder)
        ...     saved = lt.load(folder)
        >>> names
        ['results.nc', 'parameters.npz', 'population.json']
        >>> saved.model == trained.model
        True
    """
    folder, described = Path(folder), _described(population.model)
    if _rebuilt(described) != population.model:
        raise ValueError(f"{population.model} cannot be saved: its module and its attributes do not make it again")
    folder.mkdir(parents=True, exist_ok=True)
    names = {step: f"parameters-{step}.npz" for step in population.states} | {int(population.steps[-1]): PARAMETERS}
    for step, name in names.items():
        storage.save_parameters(population.states[step].params, folder / name)
    if results is None:
        labeled = arrays.trained(population).assign_attrs(flags="{}")
        labeled = arrays.in_units(labeled, scaling)
    else:
        labeled = results
    storage.save_results(labeled, folder / RESULTS)
    files = [RESULTS, *names.values()]
    about = {
        "run": folder.name,
        "model": described,
        "shown": list(population.task.shown),
        "asked": list(population.task.asked),
        "kept": {str(step): name for step, name in names.items() if name != PARAMETERS},
        "files": {name: sha256(folder / name) for name in files},
    }
    write_json(folder / ABOUT, about)
    return [*files, ABOUT]


def load(folder: Path | str) -> Saved:
    """Reads what `save` wrote, or the run of an experiment.

    Raises:
        OSError: there is no such file, or the folder is that of something else, such as a sweep.
        Damaged: a file is not what was written.
        ValueError: the module of the model cannot be imported; the argument names it.

    Example:
        >>> import lstm_toys as lt
        >>> lt.load("nowhere")
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'nowhere/population.json'
    """
    folder = Path(folder)
    if folder.is_dir() and not (folder / ABOUT).is_file():
        told = "this folder holds no population, which lt.save writes, and a finished run of an experiment"
        raise FileNotFoundError(errno.ENOENT, told, str(folder))
    about = read_json(folder / ABOUT)
    try:
        described = {name: about["model"][name] for name in ("class", "attributes")}
        files, kept = dict(about["files"]), dict(about["kept"])
        shown, asked = tuple(about["shown"]), tuple(about["asked"])
    except (KeyError, TypeError, ValueError):
        raise Damaged(folder / ABOUT, "is damaged: it does not describe a population") from None
    for name, digest in files.items():
        if sha256(folder / name) != digest:
            raise Damaged(folder / name, "is damaged, or of another population: it is not what was written")
    states = {int(step): storage.load_parameters(folder / name) for step, name in kept.items()}
    params, results = storage.load_parameters(folder / PARAMETERS), storage.load_results(folder / RESULTS, set())
    return Saved(_rebuilt(described), params, states, results, shown, asked, arrays.scaling_of(results))


def _described(model: nn.Module) -> dict[str, Any]:
    """A model as JSON has it.

    Raises:
        ValueError: it has an attribute that JSON has no word for.
    """
    names = [field.name for field in dataclasses.fields(model) if field.name not in ("parent", "name")]
    module = type(model).__module__
    told = {"class": f"{_main() if module == '__main__' else module}:{type(model).__qualname__}"}
    try:
        return told | {"attributes": json.loads(json.dumps({name: getattr(model, name) for name in names}))}
    except TypeError as error:
        raise ValueError(f"{told['class']} cannot be saved: {error}") from None


def _main() -> str:
    """What others import the running program as; what is typed in has no such name."""
    main = sys.modules["__main__"]
    spec, file = getattr(main, "__spec__", None), getattr(main, "__file__", None)
    return spec.name if spec else Path(file).stem if file else "__main__"


def _rebuilt(described: dict[str, Any]) -> nn.Module:
    """Raises ValueError if the module of a model cannot be imported."""
    module, _, name = str(described["class"]).partition(":")
    try:
        made: Any = sys.modules["__main__"] if module == _main() else importlib.import_module(module)
        for part in name.split("."):
            made = getattr(made, part)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"the model {module}.{name} cannot be imported: {error}") from None
    plain = {key: tuple(value) if isinstance(value, list) else value for key, value in described["attributes"].items()}
    model: nn.Module = made(**plain)
    return model
