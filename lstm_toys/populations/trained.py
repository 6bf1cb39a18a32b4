"""Trained networks: the class that training and loading return, and that every function of networks takes."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias

import flax.linen as nn
import jax
import numpy as np
from jaxtyping import Bool, Float, Int, PyTree, Shaped

from lstm_toys import arguments
from lstm_toys.networks.layer import check_model
from lstm_toys.output import counted, html_table, listed
from lstm_toys.populations.blocks import BLOCK
from lstm_toys.tasks.scaling import Scaling, scaling_of


@dataclass(frozen=True, repr=False, eq=False)
class Networks:
    """Trained networks of one model, such as `lt.train` and `lt.load` return, or of a model and parameters.

    They can be pickled, and sliced by index, as in ``networks[3]``, ``networks[:8]`` or
    ``networks[~networks.diverged]``, which gives `Networks` again. Results and parameters after earlier steps are read
    from disk when they are needed; a file that changed since is refused.

    Attributes:
        model: the Flax module that all networks share, such as a `Stack`.
        params: parameters after the last step, after the step chosen by `at`, or those with the smallest loss if
            `EarlyStopping` keeps these; every leaf has a leading axis S. Of a diverged network, those before it
            diverged.
        block: number of networks that one compiled program computes. Another value changes the last bits of answers.
            Networks that were trained have the block of their training; by default it is 4.
        seeds: the seed number of each network; by default 0, 1, ...
        diverged: whether each network had diverged at the last step; by default none had.
        numbers: values of each network by setting: ``learning_rate``, ``momentum``, ``decay``, ``noise``, and the free
            numbers of the training curves, such as ``train_amplitude``; `sel` selects by them.
        input_features: names of the F features of curves; empty if unknown.
        output_features: names of the A features of answers; empty if unknown.
        step: the number of steps after which networks have ``params``, apart from those that stopped earlier; None if
            unknown.
        kept: parameters by step, or functions that read them from files, for `at`.
        labeled: an `xarray.DataTree`, or a function of the step that reads it, for `results`; None: there are no
            results.
        rows: places of the networks in the saved files, which the functions in ``kept`` and ``labeled`` need after
            slicing; by default 0, 1, ...

    Raises:
        ValueError: the model is not a Flax module.

    Example:
        >>> import lstm_toys as lt
        >>> task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(10))
        >>> networks = lt.train(task, lt.Stack(1), seeds=3, steps=(2, 3), learning_rate=np.array([0.1, 0.1, 0.2]))
        >>> networks.params["readout"]["kernel"].shape, networks.sel(learning_rate=0.1).seeds.tolist()
        ((3, 32, 4), [0, 1])
        >>> networks.at(step=2)[2]
        <Networks: 1 network, seed 2, 2 steps, 0 diverged>

        Of a model and parameters from elsewhere:

        >>> lt.Networks(networks.model, networks.params)
        <Networks: 3 networks, seeds 0 to 2, 0 diverged>
    """

    model: nn.Module
    params: PyTree[Float[np.ndarray, "S ..."]]
    block: int = BLOCK
    seeds: Int[np.ndarray, " S"] | Any = None  # None becomes an array, also below.
    diverged: Bool[np.ndarray, " S"] | Any = None
    numbers: Mapping[str, Float[np.ndarray, " S"]] = field(default_factory=dict)
    input_features: tuple[str, ...] = ()
    output_features: tuple[str, ...] = ()
    step: int | None = None
    kept: Mapping[int, Any] = field(default_factory=dict)
    labeled: Any = None
    rows: Int[np.ndarray, " S"] | Any = None

    def __post_init__(self) -> None:
        check_model(self.model)
        shape = next(map(np.shape, jax.tree.leaves(self.params)), ())
        numbers = np.arange(shape[0] if shape else 0)
        for name, default in (("seeds", numbers), ("diverged", numbers < 0), ("rows", numbers)):
            if getattr(self, name) is None:
                object.__setattr__(self, name, default)

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps after which parameters were kept, in ascending order."""
        return tuple(sorted(self.kept))

    @cached_property
    def results(self) -> Any:
        """Labeled results of these networks, an `xarray.DataTree`: at least the records of their training, the node
        ``training``; see `lt.probed`.

        Settings that vary between the networks, such as ``learning_rate``, are coordinates along ``seed``; those of a
        sweep are all at the root.

        Raises:
            OSError: a file is missing; Damaged if it changed.
            ValueError: the networks were neither trained nor loaded.
        """
        if self.labeled is None:
            raise ValueError("these networks have no results: they were neither trained nor loaded here")
        return self.labeled(self.step).isel(seed=self.rows) if callable(self.labeled) else self.labeled

    @property
    def digests(self) -> list[str]:
        """A digest of the parameters of each network: networks with equal ones are the same, bit by bit."""
        return digests_of(self.params)

    @property
    def scaling(self) -> Scaling | None:
        """The scaling of inputs and answers; None: curves are not scaled."""
        return scaling_of(self.results)

    def at(self, step: int) -> "Networks":
        """Returns the networks with the parameters that they had after a number of steps.

        Args:
            step: one of ``steps``.

        Raises:
            ValueError: parameters were not kept after so many steps.
            OSError: a file is missing; Damaged if it changed.
        """
        if step not in self.kept:
            raise ValueError(f"step must be one of those at which parameters were kept, {self.steps}, not {step!r}")
        kept = self.kept[step]
        return replace(self, params=_rows(kept(), self.rows) if callable(kept) else kept, step=step)

    def sel(self, **values: float | int) -> "Networks":
        """Selects networks by values of ``numbers`` or by ``seed``, as in `xarray.Dataset.sel`.

        Args:
            values: one number by name, such as ``learning_rate=0.1``, compared in single precision. Networks must have
                all of them.

        Raises:
            ValueError: a name is unknown, or there is no such network.
        """
        chosen = np.ones(len(self), bool)
        for name, value in values.items():
            columns = {"seed": self.seeds, **self.numbers}
            column = columns[arguments.choice("names in sel", name, *columns)].astype(np.float32)
            if not np.isin(column, value_of := np.float32(arguments.number(name, value))).any():
                raise arguments.refused(
                    name, f"one of {', '.join(f'{number:g}' for number in np.unique(column))}", value
                )
            chosen &= column == value_of
        if not chosen.any():
            raise ValueError(f"there is no network with all of these: {values}")
        return self[chosen]

    def mapped(self, change: Callable[[Shaped[np.ndarray, "S ..."]], Any]) -> "Networks":
        """Returns networks whose parameters, after every kept step, are changed by a function.

        The networks have no results, since these belong to the parameters before the change.

        Args:
            change: function of one leaf of the parameters, with a leading axis S, that returns a leaf of the same
                shape.
        """
        kept = {step: jax.tree.map(change, self.at(step).params) for step in self.steps}
        return replace(self, params=jax.tree.map(change, self.params), kept=kept, labeled=None)

    def __len__(self) -> int:
        return len(self.seeds)

    def __getitem__(self, chosen: Any) -> "Networks":
        rows = np.atleast_1d(np.arange(len(self))[chosen])
        taken = {name: getattr(self, name)[rows] for name in ("seeds", "diverged", "rows")}
        taken["numbers"] = {name: column[rows] for name, column in self.numbers.items()}
        taken["kept"] = {step: kept if callable(kept) else _rows(kept, rows) for step, kept in self.kept.items()}
        if self.labeled is not None and not callable(self.labeled):
            taken["labeled"] = self.labeled.isel(seed=rows)
        return replace(self, params=_rows(self.params, rows), **taken)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "results"}  # They are read again.

    def __repr__(self) -> str:
        numbers = np.unique(self.seeds).tolist()
        seeds = f", seed{'s' * (len(numbers) != 1)} {_together(numbers)}" if numbers else ""
        steps = "" if self.step is None else f", {self.step:,} steps"
        words = f"{counted(len(self), 'network')}{seeds}{steps}"
        return f"<Networks: {words}, {self.diverged.sum():,} diverged>"

    def _repr_html_(self) -> str:
        settings = {name: f"{min(each):g} to {max(each):g}" for name, each in varied(self.numbers).items()}
        return html_table(repr(self)[1:-1], {"model": " ".join(repr(self.model).split()), **settings})


AnyNetworks: TypeAlias = Networks | tuple[nn.Module, PyTree[Float[np.ndarray, "S ..."]]]
"""Networks, or a model and the parameters of networks from elsewhere, whose leaves have a leading axis S."""


def resolved(networks: AnyNetworks) -> Networks:
    """Returns networks as they are, or makes them of a model and parameters; raises ValueError for anything else."""
    if isinstance(networks, Networks):
        return networks
    pair = isinstance(networks, tuple) and len(networks) == 2
    arguments.expect(pair, "networks", "an lt.Networks, or a pair (model, params)", networks)
    return Networks(*networks)


def _together(ascending: list[int]) -> str:
    """Lists seeds, by the first and the last if there is no gap between them."""
    first, last = ascending[0], ascending[-1]
    return f"{first} to {last}" if 1 < len(ascending) == last - first + 1 else listed(ascending, 5)


def varied(numbers: Mapping[str, Shaped[np.ndarray, " S"]]) -> dict[str, Any]:
    """The settings that are not the same for all networks."""
    return {name: values for name, values in numbers.items() if len(np.unique(values)) > 1}


def digests_of(params: PyTree[Float[np.ndarray, "S ..."]]) -> list[str]:
    """A digest of each network's parameters; see `Networks.digests`."""
    leaves = {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in jax.tree.leaves_with_path(params)}
    hashes = [hashlib.sha256() for _ in next(iter(leaves.values()), ())]
    for name, leaf in sorted(leaves.items()):
        for sha, array in zip(hashes, leaf, strict=True):
            sha.update(name.encode() + array.tobytes())
    return [sha.hexdigest()[:16] for sha in hashes]


def _rows(params: PyTree, rows: Int[np.ndarray, " N"]) -> PyTree:
    return jax.tree.map(lambda leaf: leaf[rows], params)
