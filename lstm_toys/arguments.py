"""Validates arguments: converts a value, or raises an error that names the argument, its value and what is allowed.

Equivalent types are converted, such as NumPy integers, or integers and booleans as curves. Of values that JAX traces
only the shape is checked. Imports nothing heavy.
"""

import inspect
import operator
import reprlib
import sys
from collections.abc import Callable, Iterable, Mapping
from types import NoneType
from typing import Any, get_args

import numpy as np

LARGEST = float(np.finfo(np.float32).max)
"""Largest number; networks compute in single precision."""

MOST_BLOCK = 2**16
"""Most networks that one compiled program computes at once, however few there are."""

BOUNDS = {
    "least": ("at least", operator.ge),
    "above": ("above", operator.gt),
    "most": ("at most", operator.le),
    "below": ("below", operator.lt),
}
"""Bounds that validators of numbers take: their words and comparisons."""

WORDS: dict[Any, str] = {NoneType: "None", Callable: "a function", Mapping: "a mapping", str: "text"}
"""Classes that are not called by their names."""


class _Short(reprlib.Repr):
    """Short descriptions; of an array, its type and shape."""

    def repr1(self, value: Any, level: int) -> str:
        shape = getattr(value, "shape", None)
        if isinstance(shape, tuple) and hasattr(value, "dtype") and (shape or traced(value)):
            return f"{value.dtype}[{', '.join(map(str, shape))}]"
        return super().repr1(value.item() if isinstance(value, np.generic | np.ndarray) else value, level)


_short = _Short()
_short.maxstring = _short.maxother = 60
_short.maxlist = _short.maxtuple = _short.maxdict = _short.maxset = 4
_short.maxlevel = 2


def refused(name: str, expected: str, value: Any) -> ValueError:
    """Returns the error for an invalid argument."""
    return ValueError(f"{name} must be {expected}, not {brief(value)}")


def brief(value: Any) -> str:
    """Describes a value briefly on one line; an array by its type and shape."""
    return " ".join(_short.repr(value).split())


def expect(holds: bool, name: str, expected: str, value: Any) -> None:
    """Raises the error for an invalid argument unless a condition holds."""
    if not holds:
        raise refused(name, expected, value)


def fields(owner: Any, validate: Callable[..., Any], *names: str, **options: Any) -> None:
    """Replaces fields of a frozen dataclass by their validated values."""
    for name in names:
        object.__setattr__(owner, name, validate(name, getattr(owner, name), **options))


def whole(name: str, value: Any, **bounds: int) -> int:
    """Validates an integer; booleans and floats are refused."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise refused(name, "a whole number", value) from None
    _bound(name, np.asarray(number), **bounds)
    return number


def counts(**numbers: Any) -> tuple[int, ...]:
    """Validates counts, by name: integers of at least 1."""
    return tuple(whole(name, value, least=1) for name, value in numbers.items())


def wholes(name: str, value: Any, *, least: int, most: int) -> tuple[int, ...]:
    """Validates a sequence or one-dimensional array of at least one integer."""
    some = several(value) and len(value) > 0 and getattr(value, "ndim", 1) == 1
    expect(some, name, "at least one whole number", value)
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu":  # Fast, as there may be many.
        _bound(name, value, least=least, most=most)
        return tuple(value.tolist())
    return tuple(whole(f"{name}[{place}]", number, least=least, most=most) for place, number in enumerate(value))


def number(name: str, value: Any, **bounds: float | int) -> Any:
    """Validates a finite number in single precision; returns a Python number or a traced one."""
    if traced(value):
        return value if value.shape == () else array(name, value, "")
    try:
        # Of a complex number, NumPy would leave out the imaginary part.
        if isinstance(value, bool | np.bool_ | str | bytes | np.complexfloating) or np.ndim(value):
            raise TypeError
        converted = operator.index(value) if isinstance(value, int | np.integer) else float(value)
        if not abs(converted) <= LARGEST:
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise refused(name, "a finite number", value) from None
    _bound(name, np.asarray(converted), **bounds)
    return converted


def numbers(name: str, value: Any, axes: str, **bounds: Any) -> Any:
    """Validates a single `number`, or an `array` with these axes."""
    return array(name, value, axes, **bounds) if several(value) else number(name, value, **bounds)


def array(
    name: str, value: Any, axes: str, *, hint: str = "", finite: bool = True, empty: bool = False, **bounds: float | int
) -> Any:
    """Validates an array of floats; returns a JAX array if the value is one, else a NumPy array.

    Single and double precision are kept; other types become double in NumPy, and single in JAX. ``axes`` are a letter
    or the length for each axis, such as ``"C T 1"``; a final ``"..."`` allows further axes. ``hint`` says in the
    message where such arrays come from. ``finite`` refuses NaN, infinity and numbers beyond single precision; ``empty``
    allows the first axis to have length 0.
    """
    expected = axes.split()
    words = f"{'finite ' * finite}numbers of shape [{', '.join(expected)}]{hint}"
    try:
        if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
            raise TypeError
        floats = value if _of_jax(value) else np.asarray(value)
    except Exception:  # Foreign types may raise anything.
        raise refused(name, words, value) from None
    expect(real(floats), name, words, value)
    if not _fits(floats.shape, expected, empty=empty):
        raise ValueError(f"{name} must be {words}, not of shape [{', '.join(map(str, floats.shape))}]")
    if floats.dtype.name not in ("float32", "float64"):
        floats = floats.astype(np.float32 if _of_jax(floats) else np.float64)
    if not traced(value):
        # Not of `floats`: inside a program that JAX traces, converting an array makes a traced one.
        numbers = np.asarray(value if _of_jax(value) else floats)
        numbers = numbers if numbers.dtype.name in ("float32", "float64") else numbers.astype(np.float64)
        if finite:
            _all(name, words, numbers, np.abs(numbers) <= LARGEST)
        _bound(name, numbers, **bounds)
    return floats


def real(value: Any) -> bool:
    """Whether a value is an array of real numbers, rather than complex ones, text or objects; it may be traced."""
    dtype = getattr(value, "dtype", None)
    return getattr(dtype, "kind", "O") in "biuf" or getattr(dtype, "name", "").startswith(("bfloat", "float"))


def traced(value: Any) -> bool:
    """Whether JAX traces a value, so that its number is unknown."""
    jax = sys.modules.get("jax")
    return jax is not None and isinstance(value, jax.core.Tracer)


def names(name: str, value: Any, least: int = 0) -> tuple[str, ...]:
    """Validates a sequence of different names."""
    words = None if isinstance(value, str | Mapping) or not isinstance(value, Iterable) else tuple(value)
    if words is None or len(words) < least or not all(isinstance(word, str) and word for word in words):
        raise refused(name, "a tuple of names, such as ('y',)", value)
    expect(len({*words}) == len(words), name, "different names", value)
    return tuple(map(str, words))


def text(name: str, value: Any, *, empty: bool = False) -> str:
    """Validates a string, which may be ``empty`` or not."""
    expect(isinstance(value, str) and (empty or value != ""), name, "text", value)
    return str(value)


def choice(name: str, value: Any, *options: str) -> str:
    """Validates a string that has to be one of the ``options``."""
    expect(isinstance(value, str) and value in options, name, " or ".join(map(repr, options)), value)
    return str(value)


def switch(name: str, value: Any) -> bool:
    """Validates a boolean."""
    expect(isinstance(value, bool | np.bool_), name, "True or False", value)
    return bool(value)


def instance(name: str, value: Any, kind: Any, expected: str) -> Any:
    """Refuses values of other types than ``kind``, a class or several, such as ``Goal | None``."""
    expect(isinstance(value, kind), name, expected, value)
    return value


def kinds(values: Mapping[str, Any], **expected: Any) -> None:
    """Refuses arguments, by name, that are not of their class or of one of several, such as ``Goal | None``."""
    for name, kind in expected.items():
        words = (WORDS.get(option) or f"of class {option.__name__}" for option in get_args(kind) or (kind,))
        instance(name, values[name], kind, " or ".join(words))


def instances(name: str, value: Any, kind: type, expected: str) -> tuple[Any, ...]:
    """Validates a list or tuple whose items are all of one class; returns a tuple."""
    expect(several(value) and all(isinstance(item, kind) for item in value), name, expected, value)
    return tuple(value)


def function(name: str, value: Any, expected: str, takes: int | None = None) -> None:
    """Refuses values that are not callable, and functions that cannot be called with ``takes`` arguments."""
    expect(callable(value), name, expected, value)
    if takes is not None:
        try:
            inspect.signature(value).bind(*range(takes))
        except TypeError:
            signature = f"{brief(value)}({', '.join(inspect.signature(value).parameters)})"
            raise ValueError(f"{name} must be {expected}, not {signature}") from None
        except ValueError:  # Some functions have no signature.
            pass


def mapping(name: str, value: Any, expected: str) -> Mapping[str, Any]:
    """Refuses values that are not mappings with text keys."""
    expect(isinstance(value, Mapping) and all(isinstance(key, str) for key in value), name, expected, value)
    return value


def by_name(name: str, value: Any) -> dict[str, Any]:
    """Validates training numbers by name; None are no numbers."""
    values = mapping(name, {} if value is None else value, "training numbers, by name")
    return {key: number(key, entry) for key, entry in values.items()}


def several(value: Any) -> bool:
    """Whether a value is a sequence or an array, rather than a single number or text."""
    if isinstance(value, str | bytes | Mapping):
        return False
    shape = getattr(value, "shape", None)
    return len(shape) > 0 if isinstance(shape, tuple) else hasattr(value, "__len__")


def _bound(name: str, numbers: np.ndarray, **bounds: float | int) -> None:
    for bound, limit in bounds.items():
        words, holds = BOUNDS[bound]
        single = numbers.astype(np.float32) if numbers.dtype.kind == "f" else numbers
        _all(name, f"{words} {limit:,}", numbers, holds(single, limit))


def _all(name: str, words: str, numbers: np.ndarray, good: np.ndarray | np.bool_) -> None:
    if not good.all():
        place = tuple(np.argwhere(~good)[0].tolist())
        where = f"{numbers[place]} at [{', '.join(map(str, place))}]" if place else f"{numbers[()]}"
        raise ValueError(f"{name} must be {words}, not {where}")


def _fits(shape: tuple[int, ...], expected: list[str], *, empty: bool) -> bool:
    """Whether a shape matches the axes; only the first axis may have length 0."""
    named = expected[:-1] if expected[-1:] == ["..."] else expected
    if len(shape) < len(named) or (len(shape) > len(named) and named is expected):
        return False
    alike = all(int(axis) == length for axis, length in zip(named, shape, strict=False) if axis.isdigit())
    return alike and 0 not in shape[1 if empty else 0 :]


def _of_jax(value: Any) -> bool:
    jax = sys.modules.get("jax")
    return jax is not None and isinstance(value, jax.Array)
