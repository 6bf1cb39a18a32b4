"""What defines an experiment or a study: hashes of the code that says so, which is read and never run.

Imports nothing heavy.
"""

import ast
import hashlib
import importlib.util
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

LIBRARY = __name__.partition(".")[0]
FOLLOWED = f"{LIBRARY}.tasks", f"{LIBRARY}.statistics.measures"
"""The parts of the library that belong to a definition; numbers in the fingerprint stand for the others."""

INSTALLED, STANDARD = {"site-packages", "dist-packages"}, Path(os.__file__).parent
"""Where the code of others lies."""

SILENT = {"annotation", "returns", "ctx", "kind", "simple", "type_comment", "type_params"}
"""Fields of a syntax tree that change no number."""

Chain = tuple[str, ...]
Use = tuple[str, Chain]
"""What is taken from a module; no module: a global name and its attributes."""

Whole = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Definition(dict[str, str]):
    """From the full name of everything at the top level of a module that takes part, to a hash of its syntax tree."""

    @property
    def hash(self) -> str:
        """Ten hexadecimal digits of all of it."""
        return _hash(repr(sorted(self.items())))

    def differences(self, other: Mapping[str, str]) -> list[str]:
        """The names of what is not as in an earlier one; those that only one of them has are marked."""
        marks = {
            name: "" if name in self and name in other else " (new)" if name in self else " (gone)"
            for name in sorted({*self, *other})
            if self.get(name) != other.get(name)
        }
        return [name + mark for name, mark in marks.items()]


def definition(roots: Iterable[str], excluded: Iterable[str] = (), followed: Iterable[str] = ()) -> Definition:
    """Follows names through one's own code, and through the parts of the library that define what is trained.

    A declaration, such as ``EXPERIMENT = Experiment(...)`` of a class of the rest of the library, or a ``replace`` of
    another one, counts keyword by keyword; where an attribute of it is asked for, only this one.

    Args:
        roots: ``module:name`` or ``module:name.keyword``; the module may be ``__main__`` or the path of a file.
        excluded: keywords of declarations that do not count.
        followed: further modules and packages that count, wherever they lie.

    Raises:
        ValueError: a root leads to nothing, or a module is no Python file, cannot be parsed, or has ``import *``.
    """
    follower = _Follower(frozenset(excluded), (*FOLLOWED, *followed))
    for root in roots:
        follower.begin(*root.rpartition(":")[::2])
    return follower.follow()


def of_declaration(
    module: str | Path, name: str = "EXPERIMENT", excluded: Iterable[str] = (), followed: Iterable[str] = ()
) -> Definition:
    """The definition of a declaration, be it of a class of one's own; see `definition`."""
    follower = _Follower(frozenset(excluded), (*FOLLOWED, *followed))
    follower.begin(str(module), name, declared=True)
    return follower.follow()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:10]


def _text(node: Any, owner: type = ast.Module) -> str:
    """A syntax tree without docstrings, annotations and places, alike in all versions of Python."""
    if isinstance(node, list):
        return f"[{','.join(_text(each, owner) for each in node if not _idle(each, owner))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.AnnAssign) and owner is not ast.ClassDef:
        node = ast.Assign([node.target], node.value or ast.Constant(None))
    fields = [
        f"{name}={_text(value, type(node))}"
        for name, value in ast.iter_fields(node)
        if name not in SILENT and (isinstance(node, ast.Constant) or value not in (None, []))
    ]
    return f"{type(node).__name__}({','.join(fields)})"


def _idle(node: Any, owner: type) -> bool:
    """Whether a statement does nothing: a docstring, ``pass``, a name's type outside of a class."""
    if isinstance(node, ast.AnnAssign):
        return node.value is None and owner is not ast.ClassDef
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _chain(node: ast.AST) -> Chain:
    """``a.b.c`` as its names; a subscript or a call ends it with a mark; empty if it does not begin with a name."""
    names: Chain = ()
    while not isinstance(node, ast.Name):
        match node:
            case ast.Attribute():
                names, node = (node.attr, *names), node.value
            case ast.Subscript():
                names, node = ("[]",), node.value
            case ast.Call():
                names, node = ("()",), node.func
            case _:
                return ()
    return (node.id, *names)


def _bound(nodes: Iterable[ast.AST], package: str) -> dict[str, list[Use]]:
    """The names that code binds in its own scope, and what they are imported from."""
    names: dict[str, list[Use]] = {}
    others: set[str] = set()

    def walk(node: ast.AST, comprehended: bool) -> None:
        match node:
            case ast.Import(names=aliases):
                for each in aliases:
                    module = each.name if each.asname else each.name.partition(".")[0]
                    names.setdefault(each.asname or module, []).append((module, ()))
                return
            case ast.ImportFrom(module=below, names=aliases, level=level):
                module = ".".join(filter(None, (package.rsplit(".", level - 1)[0] if level else "", below)))
                for each in aliases:
                    if each.name == "*":
                        raise ValueError(f"from {module} import * does not tell what it takes")
                    names.setdefault(each.asname or each.name, []).append((module, (each.name,)))
                return
            case ast.Global(names=declared) | ast.Nonlocal(names=declared):
                others.update(declared)
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) if not comprehended:
                names.setdefault(name, [])
        given: list[Any] = [getattr(node, field, None) for field in ("name", "rest")]
        names.update({each: names.get(each, []) for each in given if isinstance(each, str)})
        if not isinstance(node, Whole | ast.Lambda):
            inner = (comprehended or isinstance(node, Comprehension)) and not isinstance(node, ast.NamedExpr)
            for child in ast.iter_child_nodes(node):
                walk(child, inner)

    for node in nodes:
        walk(node, False)
    return {name: uses for name, uses in names.items() if name not in others}


class _Statement(ast.NodeVisitor):
    """What a statement uses beyond its own scopes, and what it changes when the module is imported."""

    def __init__(self, node: ast.AST, package: str, place: int) -> None:
        self.node, self.package, self.place = node, package, place
        self.visible: Mapping[str, list[Use]] = {}
        self.outer: Mapping[str, list[Use]] = {}
        self.function = False
        self.uses: set[Use] = set()
        self.changes: list[Use] = []
        self.visit(node)

    @cached_property
    def text(self) -> str:
        return _text(self.node)

    def beyond(self, chain: Chain) -> list[Use]:
        """What a chain of names is, outside of the scopes that are being read."""
        if chain and chain[0] in self.visible:
            return [(module, (*taken, *chain[1:])) for module, taken in self.visible[chain[0]]]
        return [("", chain)] if chain else []

    def change(self, chain: Chain) -> None:
        self.changes += [] if self.function else self.beyond(chain)

    def read(self, *nodes: ast.AST | None) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def inside(self, names: Mapping[str, list[Use]], *nodes: ast.AST) -> None:
        before = self.visible, self.outer, self.function
        self.visible = self.outer = {**self.outer, **names}
        self.function = True
        self.read(*nodes)
        self.visible, self.outer, self.function = before

    def visit_Name(self, node: ast.Name) -> None:
        if self.function or isinstance(node.ctx, ast.Load):
            self.uses.update(self.beyond((node.id,)))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.change((*_chain(node), "="))
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            inner = inner.value
        if isinstance(inner, ast.Name):
            self.uses.update(self.beyond(_chain(node)))
        else:
            self.visit(inner)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.change(_chain(node))
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.read(node.target, node.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and _chain(call.func) != ("print",):
                for each in (call, *call.args, *(given.value for given in call.keywords)):
                    self.change(_chain(each))
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.decorators(node)
        self.scope(node.args, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.scope(node.args, [node.body])

    def decorators(self, node: Whole) -> None:
        for each in node.decorator_list:
            self.change(_chain(each) if isinstance(each, ast.Call) else (*_chain(each), "()"))
        self.read(*node.decorator_list)

    def scope(self, given: ast.arguments, body: Iterable[ast.AST]) -> None:
        self.read(*given.defaults, *given.kw_defaults)
        every = (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
        self.inside({**{each.arg: [] for each in every if each}, **_bound(body, self.package)}, *body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.decorators(node)
        self.read(*node.bases, *node.keywords)
        before = self.visible
        for each in node.body:
            self.visit(each)
            self.visible = {**self.visible, **_bound([each], self.package)}
        self.visible = before

    def comprehension(self, node: Any) -> None:
        first, *others = node.generators
        self.visit(first.iter)
        names = _bound((each.target for each in node.generators), self.package)
        results = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        self.inside(names, first.target, *first.ifs, *others, *results)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = comprehension


def _statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Those that a module executes, as a command too, but for what is for the checker of types only."""
    for node in body:
        tested = {each for part in ast.walk(node.test) for each in _chain(part)} if isinstance(node, ast.If) else set()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in tested:
            yield from _statements(node.orelse)
        elif isinstance(node, ast.If) and "__name__" in tested:
            yield from _statements((*node.body, *node.orelse))
        else:
            yield node


class _Module:
    """What a file says.

    Attributes:
        folders: where the modules of a package lie.
        statements: all of the top level, but for imports.
        units: those that bind a name.
        imports: what a name is imported from.
        lazy: the same in the stub beside a package.
    """

    def __init__(self, name: str, path: Path, folders: tuple[str, ...], source: bytes, stub: bytes) -> None:
        self.name, self.path, self.folders = name, path, folders
        self.package = package = name if folders else name.rpartition(".")[0]
        self.statements: list[_Statement] = []
        self.units: dict[str, list[_Statement]] = {}
        self.imports: dict[str, list[Use]] = {}
        try:
            with warnings.catch_warnings(action="ignore"):
                body, lazy = ast.parse(source).body, ast.parse(stub).body
            for place, node in enumerate(_statements(body)):
                names = _bound([node], package)
                for each, uses in names.items():
                    self.imports.setdefault(each, []).extend(uses)
                if not isinstance(node, ast.Import | ast.ImportFrom):
                    self.statements.append(statement := _Statement(node, package, place))
                    for each in names:
                        self.units.setdefault(each, []).append(statement)
            self.lazy = _bound((node for node in lazy if isinstance(node, ast.ImportFrom)), name)
        except (SyntaxError, ValueError) as error:
            raise ValueError(f"{name} cannot be followed: {error}; see {path}") from None

    @cached_property
    def idle(self) -> list[Use]:
        """What is imported and not used, as it is for the sake of what this changes."""
        used = {chain[0] for each in self.statements for module, chain in each.uses if not module}
        return [use for name, uses in self.imports.items() if name not in used for use in uses]


_module = cache(_Module)

Target = tuple[_Module, str, Chain]
"""A name at the top level of a module, and the attributes that are asked of it; no name: the module as a value."""

Keywords = dict[str, tuple[_Module, str, _Statement]]
"""By keyword of a declaration, the module that gives it, its name there, and its value."""


class _Follower:
    """Follows names from module to module, and back to the statements that change what they stand for."""

    def __init__(self, excluded: frozenset[str], followed: tuple[str, ...]) -> None:
        self.excluded, self.followed = excluded, followed
        self.own, self.folders = {LIBRARY}, list[str]()
        self.modules: dict[str, _Module | None] = {}
        self.closed = False
        self.queue: list[Target] = []
        self.idle: list[Use] = []
        self.declared: set[tuple[str, str]] = set()
        self.visited: set[tuple[str, str]] = set()
        self.asked: set[tuple[str, str]] = set()
        self.texts: dict[str, dict[int, str]] = {}

    def begin(self, module: str, name: str, declared: bool = False) -> None:
        """Takes a root."""
        if module == "__main__":
            module = str(getattr(sys.modules[module], "__file__", module))
        path = Path(module).resolve() if module.endswith(".py") else None
        if path:
            module, folder = path.stem, path.parent
            while (folder / "__init__.py").is_file():
                module, folder = f"{folder.name}.{module}", folder.parent
            self.folders.append(str(folder))
        self.own.add(module.partition(".")[0])
        found = self.load(module) if module != "__main__" else None
        if found is None or (path and path != found.path.resolve()):
            raise ValueError(f"{path or module} is no Python file that can be followed, or not the only {module}")
        targets = list(self.attribute(found, tuple(name.split("."))))
        if not targets:
            raise ValueError(f"{module}:{name} lies in code that is not followed")
        self.declared.update((target.name, each) for target, each, _ in targets if declared)
        self.queue += targets

    def follow(self) -> Definition:
        """Follows what there is, and then what changes it, until there is no more."""
        while self.queue or self.idle or self.changed():
            while self.idle:
                list(self.reach(*self.idle.pop()))
            if self.queue:
                self.visit(*self.queue.pop())
        hashes = {name: _hash("\n".join(texts[place] for place in sorted(texts))) for name, texts in self.texts.items()}
        return Definition(hashes)

    def counts(self, name: str) -> bool:
        """Whether the code of a module does, if it is not installed."""
        return not _within(name, LIBRARY) or any(_within(name, each) for each in self.followed)

    def load(self, name: str) -> _Module | None:
        """A module that is followed, or that leads to one; None: it is not, or, while nothing is loaded, unknown."""
        if name not in self.modules and not self.closed:
            self.modules[name] = None
            module = self.modules[name] = self.find(name)
            self.idle += module.idle if module and self.counts(name) else []
        return self.modules.get(name)

    def find(self, name: str) -> _Module | None:
        above, _, last = name.rpartition(".")
        if above:
            package = self.load(above)
            if package is None or not (self.counts(name) or any(_within(each, name) for each in self.followed)):
                return None
            spec = PathFinder.find_spec(name, package.folders)
            if spec is None:
                raise ValueError(f"{above} has no {last} that can be followed; see {package.path}")
        else:
            spec = PathFinder.find_spec(name, self.folders) or importlib.util.find_spec(name)
        if spec is None or spec.origin in ("built-in", "frozen"):
            return None
        folders = tuple(spec.submodule_search_locations or ())
        path = Path(spec.origin or folders[0])
        named = name.partition(".")[0] in self.own or any(_within(name, each) for each in self.followed)
        if not named and (path.is_relative_to(STANDARD) or INSTALLED & {*path.parts}):
            return None
        if spec.origin is None:
            return _module(name, path, folders, b"", b"")
        if path.suffix != ".py" or not path.is_file():
            raise ValueError(f"{name} is no Python file: {path}")
        stub = path.with_suffix(".pyi") if folders else path
        return _module(name, path, folders, path.read_bytes(), stub.read_bytes() if stub.is_file() and folders else b"")

    def reach(self, name: str, chain: Chain, seen: frozenset[tuple[str, str]] = frozenset()) -> Iterator[Target]:
        """What attributes of a module are."""
        module = self.load(name)
        if module is not None:
            yield from self.attribute(module, chain, seen)

    def attribute(
        self, module: _Module, chain: Chain, seen: frozenset[tuple[str, str]] = frozenset()
    ) -> Iterator[Target]:
        """As Python finds it: what the module binds, what the stub of a lazy package names, a module of the package."""
        if not chain or (module.name, chain[0]) in seen:
            yield from () if chain else ((module, "", ()),)
            return
        name, rest = chain[0], chain[1:]
        if name in module.units and self.counts(module.name):
            yield module, name, rest
        imports = module.imports.get(name) or ([] if name in module.units else module.lazy.get(name, []))
        others = [use for use in imports if use != (module.name, (name,))]
        for source, taken in others:
            yield from self.reach(source, (*taken, *rest), seen | {(module.name, name)})
        if name not in module.units and not others and not (name.startswith("__") and name.endswith("__")):
            yield from self.reach(f"{module.name}.{name}", rest, seen)

    def targets(self, module: _Module, use: Use) -> list[Target]:
        """What is followed of what a module uses."""
        source, chain = use
        if source:
            return list(self.reach(source, chain))
        known = chain and (chain[0] in module.units or chain[0] in module.imports)
        return list(self.attribute(module, chain)) if known else []

    def visit(self, module: _Module, name: str, rest: Chain) -> None:
        """Enters what a name is bound to."""
        if not name:
            self.queue += [(module, each, ()) for each in module.units if self.counts(module.name)]
            return
        keywords = self.keywords(module, name, (module.name, name) in self.declared)
        if keywords is None:
            chosen = [(module, name, each) for each in module.units[name]]
        elif rest and rest[0] in keywords and not any(each.startswith("**") for each in keywords):
            chosen = [keywords[rest[0]]]
        else:
            chosen = [value for each, value in keywords.items() if each not in self.excluded]
        for owner, entry, each in chosen:
            self.enter(owner, entry, each)

    def enter(self, module: _Module, entry: str, statement: _Statement) -> None:
        """Takes down a statement and what its names mean, and goes on to these."""
        self.visited.add((module.name, entry))
        texts = self.texts.setdefault(f"{module.name}.{entry}", {})
        if statement.place in texts:
            return
        texts[statement.place] = statement.text
        for source, chain in sorted(statement.uses):
            targets = self.targets(module, (source, chain))
            self.queue += targets
            meaning: list[Any] = [f"{target.name}.{name}" for target, name, _ in targets]
            if not source and not targets:
                meaning += module.imports.get(chain[0], ())
            texts[statement.place] += f" {source} {chain} {meaning}" if meaning else ""

    def keywords(self, module: _Module, name: str, declared: bool = False) -> Keywords | None:
        """What a declaration is called with; None: a name stands for something else."""
        found = None
        match [each.node for each in module.units.get(name, ())]:
            case [ast.Assign(targets=[ast.Name()], value=value) | ast.AnnAssign(value=ast.expr() as value)]:
                if (module.name, name) not in self.asked:
                    self.asked.add((module.name, name))
                    found = self.call(module, name, value, declared)
                    self.asked.remove((module.name, name))
        if declared and found is None:
            raise ValueError(f"{module.name}: {name} is no call whose keywords can be followed; see {module.path}")
        return found

    def call(self, module: _Module, name: str, value: ast.expr, declared: bool) -> Keywords | None:
        """The keywords of a call, or of what a name or ``replace`` stands for."""
        chain = _chain(value.func if isinstance(value, ast.Call) else value)
        targets = self.targets(module, ("", chain))
        sources = {".".join((source, *taken, *chain[1:])) for source, taken in module.imports.get((*chain, "")[0], ())}
        found: Keywords | None = None
        parts: dict[str, ast.expr] = {}
        if not isinstance(value, ast.Call):
            if len(targets) == 1 and targets[0][1] and not targets[0][2]:
                found = self.keywords(*targets[0][:2], declared)
                parts = {f"{module.name} {name}": ast.Constant(f"{targets[0][0].name}.{targets[0][1]}")}
        else:
            parts = {each.arg or f"**{place}": each.value for place, each in enumerate(value.keywords)}
            if sources & {"dataclasses.replace", "copy.replace"} and value.args:
                found = self.call(module, name, value.args[0], declared)
            elif declared or (not targets and any(_within(each, LIBRARY) for each in sources)):
                found = {}
                parts |= {"": value.func, **{str(place): each for place, each in enumerate(value.args)}}
        if found is None:
            return None
        place = module.units[name][0].place
        entries = {each: name if not each or " " in each else f"{name}.{each}" for each in parts}
        return found | {
            each: (module, entries[each], _Statement(part, module.package, place)) for each, part in parts.items()
        }

    def changed(self) -> bool:
        """Enters the statements that change what was entered, of the modules so far; whether there are any."""
        self.closed = True
        found: list[tuple[_Module, str, _Statement]] = []
        for module in (each for each in self.modules.values() if each is not None and self.counts(each.name)):
            for statement in module.statements:
                for source, chain in statement.changes:
                    for target in self.targets(module, (source, chain)):
                        rest = self.touched(*target)
                        if rest is not None:
                            entry = ".".join(chain[: len(chain) - len(rest)])
                            node = statement.node
                            found.append((module, node.name if isinstance(node, Whole) else entry, statement))
        self.closed = False
        new = [each for each in found if each[2].place not in self.texts.get(f"{each[0].name}.{each[1]}", ())]
        for each in new:
            self.enter(*each)
        return bool(new)

    def touched(self, module: _Module, name: str, rest: Chain) -> Chain | None:
        """What a statement does with something that was entered: a value, or what the function that it calls uses."""
        keywords = self.keywords(module, name, (module.name, name) in self.declared)
        if keywords is not None:
            owner, entry, _ = keywords.get(rest[0] if rest else "", (module, "", None))
            return rest[1:] if rest and (owner.name, entry) in self.visited else None
        function = _function(module, name)
        if function and rest == ("()",):
            used = (target for each in module.units[name] for use in each.uses for target in self.targets(module, use))
            changes = any((owner.name, each) in self.visited and not _function(owner, each) for owner, each, _ in used)
        else:
            changes = (module.name, name) in self.visited and (bool(rest) or not function)
        return rest if changes else None


def _function(module: _Module, name: str) -> bool:
    return any(isinstance(each.node, Whole) for each in module.units.get(name, ()))


def _within(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")
