"""Values that callers give: converted, or refused in one sentence that names argument, value and what is expected.

What has the same meaning in another type is converted: NumPy's integers, other types of floats, integers and booleans
as curves. Values that JAX traces pass; their shapes are checked. The few words that show a value in a sentence make
reprs of one line, too. Imports nothing heavy.
"""

import operator
import reprlib
import sys
from collections.abc import Callable, Iterable, Mapping
from types import UnionType
from typing import Any

import numpy as np

LARGEST = float(np.finfo(np.float32).max)
"""Networks compute in single precision."""

LINE = 160
"""Characters of a repr, at most."""

_short = reprlib.Repr()
_short.maxstring = _short.maxother = 60
_short.maxlist = _short.maxtuple = _short.maxdict = _short.maxset = 4
_short.maxlevel = 2


def refused(name: str, expected: str, value: Any) -> ValueError:
    """The error that refuses an argument."""
    return ValueError(f"{name} must be {expected}, not {brief(value)}")


def brief(value: Any) -> str:
    """A value in a few words, on one line: of an array its type and shape."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and hasattr(value, "dtype"):
        if _traced(value) or shape:
            return f"{value.dtype}[{', '.join(map(str, shape))}]"
        value = value.item() if isinstance(value, np.generic | np.ndarray) else value
    if callable(value) and hasattr(value, "__name__"):
        return f"the function {value.__name__}"
    return " ".join(_short.repr(value).split())


def line(value: Any, **fields: Any) -> str:
    """A repr of one line: the class of a value, and as many of these fields as fit."""
    told, length = [], 0
    for name, field in fields.items():
        told.append(f"{name}={brief(field)}")
        length += len(told[-1])
        if length > LINE - 40 and len(told) < len(fields):
            told.append("...")
            break
    return f"{type(value).__name__}({', '.join(told)})"


def whole(name: str, value: Any, **bounds: int) -> int:
    """A whole number; booleans and floats are not."""
    try:
        number = operator.index(value)
    except TypeError:
        raise refused(name, "a whole number", value) from None
    if isinstance(value, bool):
        raise refused(name, "a whole number", value)
    _bound(name, number, value, **bounds)
    return number


def wholes(name: str, value: Any, *, least: int, most: int) -> tuple[int, ...]:
    """One whole number or more, in a sequence or an array of one axis."""
    if not several(value) or not len(value) or len(np.shape(value)) > 1:
        raise refused(name, "whole numbers, at least one", value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu":  # There may be many.
        for bound, limit in (("least", least), ("most", most)):
            _all(name, f"{WORDS[bound]} {limit:,}", value, COMPARED[bound](value, limit))
        return tuple(value.tolist())
    return tuple(whole(f"{name}[{place}]", each, least=least, most=most) for place, each in enumerate(value))


def number(name: str, value: Any, **bounds: float | int) -> Any:
    """A finite number of single precision, as Python has it; or one that JAX traces.

    Args:
        name: of the argument.
        value: given for it.
        bounds: see `array`.
    """
    if _traced(value):
        return value if value.shape == () else array(name, value, "")
    try:
        if isinstance(value, bool | np.bool_ | str | bytes) or np.ndim(value):
            raise TypeError
        converted = operator.index(value) if isinstance(value, int | np.integer) else float(value)
        beyond = not abs(converted) <= LARGEST
    except (TypeError, ValueError, OverflowError):
        raise refused(name, "a finite number", value) from None
    if beyond:
        raise refused(name, "a finite number of single precision", value)
    _bound(name, np.float32(converted), value, **bounds)
    return converted


def numbers(name: str, value: Any, axes: str, **bounds: Any) -> Any:
    """One `number`, or an `array` with these axes."""
    return array(name, value, axes, **bounds) if several(value) else number(name, value, **bounds)


def array(
    name: str, value: Any, axes: str, *, hint: str = "", finite: bool = True, empty: bool = False, **bounds: float | int
) -> Any:
    """An array of floats: of NumPy, or of JAX where one of JAX is given.

    Single and double precision are left as they are; of any other type, NumPy's become double, JAX's single.

    Args:
        name: of the argument.
        value: given for it.
        axes: a letter for each axis, or its length where that is known: ``"C T 1"``; ``"..."`` last: any more of them.
        hint: where such arrays come from, such as ``", as lt.show makes them"``.
        finite: whether NaN, infinity and what single precision cannot hold are refused.
        empty: whether the first axis may be of length 0.
        bounds: of all numbers: ``least``, ``above``, ``most``, ``below``.
    """
    expected = axes.split()
    words = f"{'finite ' * finite}numbers of the shape [{', '.join(expected)}]{hint}"
    try:
        if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
            raise TypeError
        given = value if _of_jax(value) else np.asarray(value)
        kind = np.dtype(given.dtype)
    except Exception:  # What others raise that are to become an array is of any kind.
        raise refused(name, words, value) from None
    if kind.kind not in "biuf" and not kind.name.startswith(("bfloat", "float")):
        raise refused(name, words, value)
    if not _fits(given.shape, expected, empty=empty):
        raise ValueError(f"{name} must be {words}, not of the shape [{', '.join(map(str, given.shape))}]")
    if kind.name not in ("float32", "float64"):
        given = given.astype(np.float32 if _of_jax(given) else np.float64)
    if not _traced(value):
        held = np.asarray(given)
        if finite:
            _all(name, words, held, np.abs(held) <= LARGEST)
        for bound, limit in bounds.items():
            _all(name, f"{WORDS[bound]} {limit:g}", held, COMPARED[bound](held.astype(np.float32), limit))
    return given


def known(name: str, value: Any) -> None:
    """Refuses what JAX traces, where a number has to be known."""
    if _traced(value):
        raise refused(name, "known here, outside of jax.jit and jax.vmap", value)


def curve(x: Any, **curves: Any) -> None:
    """Refuses curves of more than one axis, or of other lengths than their time points; values may be traced."""
    for name, value in {"x": x, **curves}.items():
        if np.ndim(value) != 1 or np.shape(value) != np.shape(x):
            of = f"[{len(x)}], as x is" if np.ndim(x) == 1 else "[T]"
            raise ValueError(f"{name} must be numbers of the shape {of}, not of the shape {_shape(value)}")


def names(name: str, value: Any, least: int = 0) -> tuple[str, ...]:
    """Different names, in a sequence."""
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise refused(name, "a tuple of names, such as ('y',)", value)
    found = tuple(value)
    if not all(isinstance(each, str) and each for each in found) or len(found) < least:
        raise refused(name, "a tuple of names, such as ('y',)", value)
    if len({*found}) < len(found):
        raise refused(name, "different names", value)
    return tuple(map(str, found))


def text(name: str, value: Any) -> str:
    """Text that is not empty."""
    if not isinstance(value, str) or not value:
        raise refused(name, "text", value)
    return value


def choice(name: str, value: Any, *options: str) -> str:
    """One of some words."""
    if not isinstance(value, str) or value not in options:
        raise refused(name, " or ".join(map(repr, options)), value)
    return value


def switch(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool | np.bool_):
        raise refused(name, "True or False", value)
    return bool(value)


def instance(name: str, value: Any, kind: type | UnionType, expected: str) -> None:
    """Refuses what is not of a kind."""
    if not isinstance(value, kind):
        raise refused(name, expected, value)


def function(name: str, value: Any, expected: str) -> None:
    """Refuses what cannot be called."""
    if not callable(value):
        raise refused(name, expected, value)


def mapping(name: str, value: Any, expected: str) -> None:
    """Refuses what is not a dictionary by names."""
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for each in value):
        raise refused(name, expected, value)


def several(value: Any) -> bool:
    """Whether a value is a sequence or an array, and not one number or text."""
    if isinstance(value, str | bytes | Mapping):
        return False
    shape = getattr(value, "shape", None)
    return len(shape) > 0 if isinstance(shape, tuple) else hasattr(value, "__len__")


WORDS = {"least": "at least", "above": "above", "most": "at most", "below": "below"}
COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "least": operator.ge,
    "above": operator.gt,
    "most": operator.le,
    "below": operator.lt,
}


def _bound(name: str, number: Any, value: Any, **bounds: float | int) -> None:
    """Refuses a number that is not within bounds."""
    for bound, limit in bounds.items():
        if not COMPARED[bound](number, limit):
            raise refused(name, f"{WORDS[bound]} {limit:,}", value)


def _all(name: str, words: str, held: np.ndarray, good: np.ndarray) -> None:
    """Refuses an array in which a number is not good, and says which."""
    if not good.all():
        place = tuple(np.argwhere(~good)[0].tolist())
        where = f"{held[place]} at [{', '.join(map(str, place))}]" if place else f"{held[()]}"
        raise ValueError(f"{name} must be {words}, not {where}")


def _fits(shape: tuple[int, ...], expected: list[str], *, empty: bool) -> bool:
    """Whether a shape is the one that is expected; no axis but the first may be of length 0."""
    named = expected[:-1] if expected[-1:] == ["..."] else expected
    if len(shape) < len(named) or (len(shape) > len(named) and named is expected):
        return False
    alike = all(int(axis) == length for axis, length in zip(named, shape, strict=False) if axis.isdigit())
    return alike and 0 not in shape[1 if empty else 0 :]


def _shape(value: Any) -> str:
    return f"[{', '.join(map(str, np.shape(value)))}]"


def _of_jax(value: Any) -> bool:
    jax = sys.modules.get("jax")
    return jax is not None and isinstance(value, jax.Array)


def _traced(value: Any) -> bool:
    """Whether JAX traces a value, so that it has no number yet."""
    jax = sys.modules.get("jax")
    return jax is not None and isinstance(value, jax.core.Tracer)
