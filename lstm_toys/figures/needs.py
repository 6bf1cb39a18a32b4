"""Checks that labeled results contain what a figure shows."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import xarray as xr

from lstm_toys import arguments
from lstm_toys.results.population import Saved

P = ParamSpec("P")
R = TypeVar("R")

HELD_BY = {
    "answer": "the run of an experiment with probes",
    "family": "the run of an experiment with probes",
    "frame": "the run of an experiment with frames",
    "name": "a run whose curves have names",
    "train_answer": "the run of an experiment",
    "truth": "a run whose probes have targets, or whose task has numbers as targets",
}
"""The runs whose results contain each of the optional variables."""


def needs(*names: str, feature: str | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorates a figure to accept what `lt.load` returns, and to report missing variables.

    ``names`` are variables that the results must contain; ``"answer/time"``: along this axis. The results must also
    have the ``feature``, and the values of the figure's arguments ``feature`` and ``family``.
    """

    def taking(draw: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(draw)
        first, figure = next(iter(signature.parameters)), f"lt.figures.{draw.__name__}"

        @wraps(draw)
        def drawn(*arguments: P.args, **options: P.kwargs) -> R:
            bound = signature.bind(*arguments, **options)
            value = bound.arguments[first]
            if isinstance(value, Mapping) and not isinstance(value, xr.Dataset):
                bound.arguments[first] = {name: held(each, bound.arguments) for name, each in value.items()}
            else:
                bound.arguments[first] = held(value, bound.arguments)
            return draw(*bound.args, **bound.kwargs)

        def held(value: Any, others: Mapping[str, Any]) -> xr.Dataset:
            results = value.results if isinstance(value, Saved) else value
            arguments.instance(first, results, xr.Dataset, "labeled results, such as lt.load returns")
            for place in names:
                name, _, axis = place.partition("/")
                if name not in results.variables:
                    source = f", such as from {HELD_BY[name]}" if name in HELD_BY else ""
                    raise ValueError(f"{figure} needs results with the variable {name}{source}")
                if axis and axis not in results[name].dims:
                    dims = ", ".join(map(str, results[name].dims))
                    raise ValueError(f"{figure} needs {name} along {axis}, but these results have it along {dims}")
            for axis, required in (("feature", others.get("feature", feature)), ("family", others.get("family"))):
                known = dict.fromkeys(results[axis].values.tolist()) if axis in results.variables else {}
                if required is not None and required not in known:
                    raise ValueError(f"{figure} needs the {axis} {required!r}; these results have {', '.join(known)}")
            return results

        return drawn

    return taking
