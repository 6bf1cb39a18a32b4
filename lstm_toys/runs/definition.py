"""What defines an experiment or a study: hashes of the code that says so, which is read and not run.

From its roots every name is followed that the code uses, through one's own modules and through those of the library
that say what is trained on and measured; the rest of the library has a number, `lstm_toys.populations.numerics`, and
other packages have versions. What is followed too much costs a training, what is not followed a wrong result: so a name
counts wherever it stands, and so does every statement of a module that binds no name.
"""

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

LIBRARY = __name__.partition(".")[0]
FOLLOWED = (f"{LIBRARY}.tasks", f"{LIBRARY}.statistics.measures")
"""The parts of the library that belong to a definition."""

SILENT = {"annotation", "returns", "ctx", "kind", "type_comment", "type_params", "simple"}
"""Fields of a syntax tree that change no number."""


class Unfollowed(ValueError):
    """Code whose numbers cannot be told from others'; the argument says why in one line."""


class Definition(dict[str, str]):
    """From the full name of whatever takes part, to a hash of its syntax tree."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(sorted(self.items())))

    def differences(self, other: Mapping[str, str]) -> list[str]:
        """The names of what is not as in another one."""
        return sorted(name for name in {*self, *other} if self.get(name) != other.get(name))


def definition(roots: Iterable[str], followed: Iterable[str] = ()) -> Definition:
    """Hashes of all that roots lead to.

    Args:
        roots: ``module:name``; ``module:`` stands for all of the module.
        followed: further parts of the library that count.

    Raises:
        Unfollowed: the code of a root cannot be found, or that of a module cannot be read.
    """
    queue = [(module, name) for module, _, name in (each.partition(":") for each in roots)]
    own = frozenset({LIBRARY, *(module.partition(".")[0] for module, _ in queue)})
    scope = Scope(own, (*FOLLOWED, *followed))
    found: dict[str, list[str]] = {}
    for module, name in [*queue]:
        if _module(module, scope) is None:
            raise Unfollowed(f"there is no file of a module {module}, in this folder, on PYTHONPATH or installed")
        if name and name not in _loaded(module, scope).units:
            raise Unfollowed(f"{_path(module, scope)}: defines no {name}")
        queue += [] if name else [(module, each) for each in _loaded(module, scope).units if "<" not in each]
    seen = set()
    while queue:
        module, name = target = queue.pop()
        if target in seen:
            continue
        seen.add(target)
        queue.append((module, ""))
        texts, onward = _unit(module, name, scope)
        if texts:
            told = "<lambda>" if name.startswith("<") else name  # Where it stands says nothing.
            found.setdefault(f"{module}.{told}" if told else module, []).extend(texts)
        queue += onward
    return Definition(
        (name, hashlib.sha256("\n".join(texts).encode()).hexdigest()[:10]) for name, texts in found.items()
    )


def root(function: Callable[..., Any]) -> str:
    """Where a function is defined, as `definition` takes it; all of its module, if it cannot be told apart there.

    Raises:
        Unfollowed: it is no function of a module.
    """
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "<")
    if module == "__main__":
        main = sys.modules["__main__"]
        module = main.__spec__.name if main.__spec__ else str(getattr(main, "__file__", ""))
    if not module or not hasattr(function, "__code__"):
        raise Unfollowed(f"{function} is no function of a module, so that its code cannot be followed")
    # Of one in a function, or with defaults, values count that stand elsewhere.
    if name == "<lambda>" and not (function.__closure__ or function.__defaults__ or function.__kwdefaults__):
        return f"{module}:{_lambda(function.__code__.co_firstlineno)}"
    return f"{module}:{'' if '<' in name else name.partition('.')[0]}"


def _lambda(line: int) -> str:
    """What the lambdas that begin in a line are called."""
    return f"<lambda in line {line}>"


class Scope(NamedTuple):
    """What is followed.

    Attributes:
        own: packages and modules that one maintains, also where they are installed.
        parts: those of the library that belong to a definition.
    """

    own: frozenset[str]
    parts: tuple[str, ...]


@dataclass(frozen=True)
class _Module:
    """What a file says.

    Attributes:
        name: of the module.
        imports: what each imported name is: a module, or a name of one.
        units: the statements at the top level that bind each name; under no name, those that bind none.
        stub: what the stub of a lazy package imports.
    """

    name: str
    imports: Mapping[str, tuple[str, str]]
    units: Mapping[str, list[ast.stmt]]
    stub: Mapping[str, tuple[str, str]]


@cache
def _path(name: str, scope: Scope) -> Path | None:
    """The file of a module that one maintains oneself, found without importing it or a package above it."""
    if name.endswith(".py"):
        return Path(name)
    top, last = name.partition(".")[0], name.rpartition(".")[2]
    if top in sys.stdlib_module_names:
        return None
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is None and last == top:
        spec = importlib.util.find_spec(name)
        file = spec and spec.origin
    elif file is None:
        folders = _folders(name.rpartition(".")[0], scope)
        places = [folder / each for folder in folders for each in (f"{last}/__init__.py", f"{last}.py")]
        file = next((str(path) for path in places if path.is_file()), None)
    path = Path(file or "")
    foreign = {"site-packages", "dist-packages"}.intersection(path.parts) and top not in scope.own
    return None if foreign or path.suffix != ".py" else path


def _folders(package: str, scope: Scope) -> list[Path]:
    """Where the modules of a package are, which need not have a file of its own."""
    if path := _path(package, scope):
        return [path.parent] if path.name == "__init__.py" else []
    above, _, last = package.rpartition(".")
    if above:
        return [folder / last for folder in _folders(above, scope) if (folder / last).is_dir()]
    spec = importlib.util.find_spec(package)
    return [Path(place) for place in spec.submodule_search_locations or ()] if spec and spec.origin is None else []


@cache
def _module(name: str, scope: Scope) -> _Module | None:
    """A module as its file has it; None if it is not a file, or code that others maintain.

    Raises:
        Unfollowed: it cannot be read.
    """
    path = _path(name, scope)
    if path is None:
        return None
    try:
        tree = ast.parse(path.read_bytes())
        stub = path.with_suffix(".pyi")
        lazy = ast.parse(stub.read_bytes()) if path.name == "__init__.py" and stub.is_file() else ast.Module([], [])
    except (OSError, SyntaxError, ValueError) as error:
        raise Unfollowed(f"{path} cannot be followed: {error}") from None
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    units: dict[str, list[ast.stmt]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):
            units.setdefault(_lambda(node.lineno), []).append(ast.Expr(node))
    for statement in tree.body:
        if not isinstance(statement, ast.Import | ast.ImportFrom) and not _idle(statement):
            for bound in _bound(statement) or [""]:
                units.setdefault(bound, []).append(statement)
    return _Module(name, dict(_imports(tree, package)), units, dict(_imports(lazy, package)))


def _loaded(name: str, scope: Scope) -> _Module:
    module = _module(name, scope)
    assert module is not None
    return module


@cache
def _unit(module: str, name: str, scope: Scope) -> tuple[list[str], list[tuple[str, str]]]:
    """The text of what binds a name at the top level of a module, and the names there and elsewhere that it uses."""
    read = _loaded(module, scope)
    statements = read.units.get(name, ())
    onward = [each for used in statements for chain in _chains(used) for each in _resolved(read, chain, scope)]
    return [_text(statement) for statement in statements], onward


def _imports(tree: ast.AST, package: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """The names that a module's imports bind, wherever they stand, with what they are."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield alias.asname or top, (alias.name if alias.asname else top, "")
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                if alias.name == "*":
                    raise Unfollowed(f"from {module} import * does not say what it takes")
                yield alias.asname or alias.name, (module, alias.name)


def _bound(statement: ast.stmt) -> list[str]:
    """The names that a statement at the top level binds or changes."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    stored = (ast.Store, ast.Del)
    looped = {n for c in ast.walk(statement) if isinstance(c, ast.comprehension) for n in ast.walk(c.target)}
    every = [n for n in ast.walk(statement) if n not in looped]
    names = [n.id for n in every if isinstance(n, ast.Name) and isinstance(n.ctx, stored)]
    inner = [n.name for n in every if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    changed = [
        chain[0]
        for n in every
        if isinstance(n, ast.Subscript | ast.Attribute) and isinstance(n.ctx, stored) and (chain := _chain(n))
    ]
    return list(dict.fromkeys([*names, *inner, *changed]))


def _idle(statement: ast.stmt) -> bool:
    """Whether a statement is a docstring, or what a module does as a command."""
    if isinstance(statement, ast.If):
        return any(isinstance(n, ast.Name) and n.id in ("__name__", "TYPE_CHECKING") for n in ast.walk(statement.test))
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _chain(node: ast.AST) -> tuple[str, ...]:
    """``a.b[0].c`` as a, b and c; empty if it does not begin with a name."""
    if isinstance(node, ast.Attribute):
        inner = _chain(node.value)
        return (*inner, node.attr) if inner else ()
    return _chain(node.value) if isinstance(node, ast.Subscript) else (node.id,) if isinstance(node, ast.Name) else ()


def _chains(node: Any) -> Iterator[tuple[str, ...]]:
    """Every chain of names that code uses; those of annotations are none."""
    if isinstance(node, list):
        for each in node:
            yield from _chains(each)
    elif isinstance(node, ast.AST):
        if isinstance(node, ast.Name | ast.Attribute) and (chain := _chain(node)):
            yield chain
        for name, value in ast.iter_fields(node):
            if name not in SILENT:
                yield from _chains(value)


def _resolved(module: _Module, chain: tuple[str, ...], scope: Scope) -> list[tuple[str, str]]:
    """What a chain of names is: names at the top level of modules that are followed."""
    name, rest = chain[0], chain[1:]
    here = [(module.name, name)] if name in module.units and _counts(module.name, scope) else []
    source, attribute = module.imports.get(name) or module.stub.get(name) or ("", "")
    if not source:
        return here
    onward = (attribute, *rest) if attribute else rest
    while onward and _is_module(f"{source}.{onward[0]}", scope):
        source, onward = f"{source}.{onward[0]}", onward[1:]
    target = _module(source, scope) if _leads(source, scope) else None
    return here + (_resolved(target, onward, scope) if target and onward else [])


def _is_module(name: str, scope: Scope) -> bool:
    """Whether a name is that of a module, and not of something that a package binds."""
    package, _, last = name.rpartition(".")
    above = _module(package, scope)
    return (above is None or last not in above.units) and bool(_path(name, scope) or _folders(name, scope))


def _counts(name: str, scope: Scope) -> bool:
    """Whether the code of a module belongs to a definition."""
    return not _within(name, LIBRARY) or any(_within(name, part) for part in scope.parts)


def _leads(name: str, scope: Scope) -> bool:
    """Whether a module counts, or is a package that may lead to one."""
    return _counts(name, scope) or any(_within(part, name) for part in scope.parts)


def _within(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")


def _text(node: Any) -> str:
    """A syntax tree without docstrings, annotations and places, alike in all versions of Python."""
    if isinstance(node, list):
        kept = [each for each in node if not (isinstance(each, ast.stmt) and _idle(each))]
        return f"[{','.join(map(_text, kept))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = [
        f"{name}={_text(value)}"
        for name, value in ast.iter_fields(node)
        if name not in SILENT and (isinstance(node, ast.Constant) or (value is not None and value != []))
    ]
    return f"{type(node).__name__}({','.join(fields)})"
