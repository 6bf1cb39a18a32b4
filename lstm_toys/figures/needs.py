"""What figures are drawn from: labeled results that hold what they show."""

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
    "truth": "a run whose probes have targets, or whose task asks for numbers",
}
"""Whose results hold what not all do."""


def needs(*names: str, feature: str | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Lets a figure be drawn from what `lt.load` gives, too, and says what is missing of what it shows.

    An argument ``feature`` and one ``family`` are looked up in the results.

    Args:
        names: of variables that the results must hold; ``"answer/time"``: along this axis.
        feature: that results must have, of figures without such an argument.
    """

    def taking(draw: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(draw)
        first, figure = next(iter(signature.parameters)), f"lt.figures.{draw.__name__}"

        @wraps(draw)
        def drawn(*arguments: P.args, **options: P.kwargs) -> R:
            bound = signature.bind(*arguments, **options)
            given = bound.arguments[first]
            if isinstance(given, Mapping) and not isinstance(given, xr.Dataset):
                bound.arguments[first] = {name: held(each, bound.arguments) for name, each in given.items()}
            else:
                bound.arguments[first] = held(given, bound.arguments)
            return draw(*bound.args, **bound.kwargs)

        def held(given: Any, others: Mapping[str, Any]) -> xr.Dataset:
            found = given.results if isinstance(given, Saved) else given
            arguments.instance(first, found, xr.Dataset, "labeled results, such as lt.load gives")
            for place in names:
                name, _, axis = place.partition("/")
                if name not in found.variables:
                    told = f", as those of {HELD_BY[name]} do" if name in HELD_BY else ""
                    raise ValueError(f"{figure} needs results that hold {name}{told}; these do not")
                if axis and axis not in found[name].dims:
                    dims = ", ".join(map(str, found[name].dims))
                    raise ValueError(f"{figure} needs {name} along {axis}; these results have it along {dims}")
            for axis, wanted in (("feature", others.get("feature", feature)), ("family", others.get("family"))):
                known = dict.fromkeys(found[axis].values.tolist()) if axis in found.variables else {}
                if wanted is not None and wanted not in known:
                    raise ValueError(f"{figure} needs the {axis} {wanted!r}; these results have {', '.join(known)}")
            return found

        return drawn

    return taking
