"""The conditions of every test and of every example in a docstring.

Two devices, loops compiled as the commands compile them, no silent promotion of types or ranks, a home and a current
folder of the tests' own, so that what was run before changes no outcome, and no limit of time on what Hypothesis tries.
`make test-long` also checks annotations, which takes a fifth of the time, and compiles programs as users do; otherwise
XLA is asked to compile quickly. Compiled programs are kept beside pytest's own cache: compiling takes long, and JAX
finds a program by all that it is compiled from.
"""

import atexit
import dataclasses
import doctest
import gc
import inspect
import json
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from functools import partial, wraps
from pathlib import Path

import hypothesis
import jax
import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest
import xarray as xr
from parts import WHOLE, switched
from PIL import Image

ROOT = Path(__file__).parent

COMPILED, MOST_COMPILED = ROOT / ".pytest_cache" / "xla", 2**30
"""Where compiled programs are kept, and the bytes above which all are forgotten."""

HANG = 1_200
"""Seconds after which a process of a test has hung. However busy the machine is, none takes nearly as long."""

SINE_FIGURES = {
    "sine_target.png",
    "sine.png",
    "not_identity.png",
    "not_identity_2.png",
    "sines.png",
    "sines_with_comp.png",
    "phase_displacement.png",
    "frequency.png",
    "loss.png",
}
"""What `experiments.sine` draws: the post's figures and the loss."""

# Otherwise every process that a test starts compiles the library's modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

gc.set_threshold(50_000)  # As in a command; Python's 700 take a tenth of the time.
os.fsync = lambda _: None  # Nothing that tests write has to outlast the machine.

if "PYTEST_XDIST_WORKER" not in os.environ:  # The process that starts the workers, or the only one.
    own = Path(tempfile.mkdtemp(prefix="lstm_toys_tests_"))
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    if sum(entry.stat().st_size for entry in COMPILED.glob("*")) > MOST_COMPILED:
        shutil.rmtree(COMPILED, ignore_errors=True)
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR"):
        os.environ.pop(name, None)
    os.environ |= {
        "HOME": str(own),
        "JAX_COMPILATION_CACHE_DIR": str(COMPILED),
        "PYTHONPATH": str(ROOT),  # For the processes that tests start, which are in another folder.
        "PLAYWRIGHT_BROWSERS_PATH": "0",  # Its own browser lies in the environment, not in a home; see the Makefile.
    }
SHARED = {
    "jax_compilation_cache_dir": os.environ["JAX_COMPILATION_CACHE_DIR"],
    "jax_persistent_cache_min_compile_time_secs": 0.0,
    "jax_persistent_cache_min_entry_size_bytes": -1,
}
for name, value in SHARED.items():
    jax.config.update(name, value)
    os.environ[name.upper()] = str(value)

jax.config.update("jax_num_cpu_devices", 2)
jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

# Functions whose annotations are checked are wrapped in ones of another module, where examples would not be looked for.
of_module = doctest.DocTestFinder._from_module
doctest.DocTestFinder._from_module = lambda self, module, found: of_module(self, module, inspect.unwrap(found))

hypothesis.settings.register_profile(
    "untimed", max_examples=30, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")


def rarely(*cases):
    """Cases for `make test-long`; a tuple is one of several arguments."""
    return [pytest.param(*(each if isinstance(each, tuple) else [each]), marks=pytest.mark.long) for each in cases]


def hyper(learning_rate):
    """The hyper-parameters of one network that is trained with plain SGD on a task that leaves nothing open."""
    from lstm_toys.networks.optimizers import Hyper

    nothing = np.float32(0)
    return Hyper(np.float32(learning_rate), nothing, nothing, nothing, {})


def carry_out(asked, arguments):
    """The exit code of a command in this process.

    Args:
        asked: an experiment, an analysis or a function that makes one, or a module of a command.
        arguments: without the program's name.
    """
    from lstm_toys.cli import command

    with jax.numpy_dtype_promotion("standard"):  # As in a command: Optax mixes types.
        plan = plan_of(asked.__name__) if inspect.ismodule(asked) else partial(command.plan, asked)
        return command.carry_out(plan, arguments)


def plan_of(module):
    """What makes a plan of the command line of a module, which is executed up to there."""
    from lstm_toys.cli import command

    plans = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "run_and_exit", plans.append)
        for name in (module, f"{module}.__main__"):  # Executed once more.
            if not hasattr(sys.modules.get(name), "__path__"):
                patch.delitem(sys.modules, name, raising=False)
        runpy.run_module(module, run_name="__main__")
    return plans[0]


def refusal(capsys):
    """The one line that a command printed, on standard error."""
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.count("\n") == 1
    return errors


def process(*line, code=0, before=(), unset=(), env=None, **options):
    """What a process of Python printed, which another program may run, and which ends with a code.

    Variables of the environment whose names begin with one of ``unset`` are left out, and those of ``env`` are added.
    """
    command = [*before, sys.executable, *line]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unset)}
    environment = {**kept, **(env or {})}
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG, env=environment, **options)
    assert done.returncode == code, done.stdout + done.stderr
    return done


HEAVY = ("jax", "flax", "optax", "xarray", "matplotlib", "scipy", "pandas")
WITHOUT_JAX = """
import runpy
import sys
from lstm_toys.cli import command
{first}
plans = []
command.run_and_exit = plans.append
runpy.run_module("experiments.{name}", run_name="__main__")
for line in {lines}:
    print(command.carry_out(plans[0], line))
    heavy = sys.modules.keys() & {{*{heavy}}}
    assert not heavy, (line, heavy)
"""


def carry_out_without_jax(name, *lines, first=""):
    """Carries out command lines in a process of its own, after some statements, and expects that nothing heavy loads.

    Returns:
        What was printed, after each line its exit code.
    """
    program = WITHOUT_JAX.format(name=name, first=first, heavy=HEAVY, lines=[list(line) for line in lines])
    return process("-c", program).stdout


def context(folder, trainings=1):
    """How runs are executed outside of a command: silently, that many trainings, with few checkpoints."""
    from rich.console import Console

    from lstm_toys.execution.devices import Executor
    from lstm_toys.execution.progress import TrainingProgress
    from lstm_toys.execution.signals import Interruption
    from lstm_toys.runs.identity import Options
    from lstm_toys.runs.study import RunContext

    options = Options(results_dir=folder, compile_cache=False)
    console = Console(quiet=True)
    return RunContext(options, console, Interruption(), TrainingProgress(console, [1.0] * trainings), Executor(), {})


def untrained(task, model, losses=(0.1, 0.3, 0.2), diverged=(1,), measures=None):
    """Networks that nobody trained: of these losses, and with all their weights zero."""
    from lstm_toys.networks.training import LastGood, Record
    from lstm_toys.populations.checkpoints import Group
    from lstm_toys.populations.programs import specify
    from lstm_toys.populations.trained import Networks

    spec, start = specify(task, model, seeds=len(losses), steps=2, learning_rate=0.1)
    params = jax.tree.map(lambda leaf: np.zeros((len(losses), *leaf.shape), leaf.dtype), spec.member.params)
    sound = np.where(np.isin(np.arange(len(losses)), diverged), 0, 2)
    measures = np.ones((len(losses), 2, len(task.measured))) if measures is None else measures
    good, frames = LastGood(sound, params, np.ones(len(losses))), np.empty((len(losses), 0))
    record = Record(np.array([[1.0, loss] for loss in losses]), measures, frames, None)
    group = Group(range(len(losses)), start, kept={2: good}, record=record)
    labeled = group.labeled(dataclasses.replace(spec, recorded=np.array([0, 2])), 2)
    features, own = (task.input_features, task.output_features), labeled.diverged.values
    return Networks(model, params, 4, None, own, {}, *features, step=2, kept={2: params}, labeled=labeled)


def initialized(model, seeds, features=1, scale=1.0):
    """The parameters of several networks before their training, times a scale."""
    init = jax.jit(lambda key: model.init(key, jnp.zeros((1, 2, features)))["params"])
    every = [init(jax.random.key(seed)) for seed in range(seeds)]
    return jax.tree.map(lambda *leaves: scale * np.stack(leaves), *every)


def executed(study, folder, trainings=1):
    """The run of a study that needs no other, computed in this process without metrics and figures."""
    study = study.placed(folder / "runs", {})
    study.run.folder.mkdir(parents=True)
    study.compute(context(folder, trainings))
    return study.run


def located(study, folder, *, finished=True):
    """The folder of a run in a folder of results, which is finished or not."""
    from lstm_toys.runs.lifecycle import Lifecycle
    from lstm_toys.runs.origin import Command

    executed = context(folder)
    runs = Lifecycle(Command(executed.options), executed.console, executed.interruption)
    with jax.numpy_dtype_promotion("standard"):
        placed = runs.placed([study])
        assert all(runs.find(each) for each in placed.values()) == finished
        return placed[study].run.folder


def reported(study, metrics):
    """The lines and tables of a finished run with these metrics."""
    from lstm_toys.runs.folder import Run

    class Reported(Run):
        def read_metrics(self):
            return {**metrics, "numbers": metrics}

    study = study.placed(Path(), {})
    vars(study)["run"] = Reported(Path(), {"experiment": study.name})
    return [*study.report()]


def value(study):
    """What a run would compute."""
    with jax.numpy_dtype_promotion("standard"):
        return study.placed(Path(), {}).values()


@pytest.fixture(scope="session", autouse=True)
def names_of_examples(doctest_namespace):
    """What examples in docstrings take as imported."""
    import lstm_toys

    doctest_namespace |= {"lt": lstm_toys, "np": np, "xr": xr}


@pytest.fixture(scope="session", autouse=True)
def empty_folder(tmp_path_factory):
    """An empty folder that tests are in, where they find no results, and leave none."""
    folder = tmp_path_factory.mktemp("empty")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield
    assert not any(folder.iterdir()), "a test wrote into the current folder"


@pytest.fixture(scope="module")
def digests():
    """For tests of identity: programs are lowered and digested."""
    with switched(digests=True):
        yield


@pytest.fixture(scope="module")
def drawing():
    """For tests of figures: commands draw them."""
    with switched(drawing=True):
        yield


def pytest_addoption(parser):
    """Adds a flag for parts of a run, and one for what takes longer."""
    parser.addoption("--part", help="run only one part of the chosen tests: 0/8 is the first eighth")
    more = "check arguments and values of annotated functions, and optimize programs when they are compiled"
    parser.addoption("--thorough", action="store_true", help=more)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Leaves a part of the tests, of which neighbors stay together, since they share what they need."""
    if (part := config.getoption("part")) is not None:
        index, parts = map(int, part.split("/"))
        first, end = (len(items) * bound // parts for bound in (index, index + 1))
        config.hook.pytest_deselected(items=items[:first] + items[end:])
        items[:] = items[first:end]


def pytest_configure(config):
    """Chooses what is checked, how loops are compiled, before the first array, and what commands leave out."""
    if config.getoption("thorough"):
        jaxtyping.install_import_hook("lstm_toys", "parts.annotated")
    else:
        jax.config.update("jax_disable_most_optimizations", True)
        os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # For the processes that tests start.

    from lstm_toys.execution import devices, digests

    devices.choose_code()
    program = digests.program

    def described(function, *arguments):
        if WHOLE["digests"]:
            return program(function, *arguments)
        # Without the first axis, the number of blocks, on which digests do not depend.
        shapes = [f"{each.shape[1:]} {each.dtype}" for each in jax.tree.leaves(arguments)]
        return digests.Program(digests.digest(shapes), False, False)

    for name, module in [*sys.modules.items()]:  # Others that take it from `digests` are not imported yet.
        if name.startswith("lstm_toys.") and vars(module).get("program") is program:
            module.program = described

    from lstm_toys.figures import drawings

    save = drawings.save

    @wraps(save)
    def saved(figure, path):
        if WHOLE["drawing"]:
            save(figure, path)
        elif Path(path).suffix == ".png":
            Image.new("RGB", (1, 1)).save(path)
        else:
            Path(path).write_bytes(b"")

    drawings.save = saved


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """Carries out commands of `world.COMMANDS`, or finds what another worker carried out."""
    import world

    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    (folder := folder / "world").mkdir(exist_ok=True)
    found = {}

    def ran(name):
        if name not in found:
            made = world.ran(name, folder)
            found[name] = (made, world.states(made.run))
        return found[name][0]

    yield ran
    for name, (made, before) in found.items():
        assert world.states(made.run) == before, f"a test changed what {name} left"


@pytest.fixture
def copied(world, tmp_path):
    """Copies the run of a finished command of `world.COMMANDS` into a folder of results, and returns its folder."""

    def copy(name, results="results"):
        run = world(name).run
        return Path(shutil.copytree(run, tmp_path / results / "runs" / run.name))

    return copy


@pytest.fixture
def few_parentheses(monkeypatch):
    """The papers' strings of parentheses are few and short."""
    from experiments.research.papers import languages

    monkeypatch.setattr(languages, "DYCK", {"as_trained": (1, 5, 5), "double": (3, 8, 5)})
    monkeypatch.setattr(languages, "JOINED", (17, 5))


@pytest.fixture
def promoting():
    """As users have it: Optax mixes types."""
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        yield


@pytest.fixture
def as_users_have_it():
    """Without checks of annotations, which would come before those of the library, and not in its words."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(scope="session")
def everything(tmp_path_factory):
    """What `experiments.all` printed, small, run as a user would, and the folder of its results."""
    folder = tmp_path_factory.mktemp("everything")
    arguments = ["--seeds", "2", "--steps", "60", f"--results_dir={folder}", "--publish"]
    return process("-m", "experiments.all", *arguments, unset="XLA_FLAGS", env={"COLUMNS": "140"}).stdout, folder


@pytest.fixture(scope="session")
def hand_made():
    """Makes labeled results of a sine run without training one: seeds, and which of them diverged."""
    from experiments.sine import EXPERIMENT
    from lstm_toys.tasks.families import time_points

    def make(seeds=6, diverged=(1, 4)):
        random = np.random.default_rng(0)
        x = time_points(20)
        probes = EXPERIMENT.probes(x)
        shown = np.concatenate([probe.inputs for probe in probes])
        target = np.asarray(0.3 + 0.3 * np.sin(10 * x))[:, None]
        answer = shown + random.normal(0.0, 0.2, (seeds, *shown.shape))
        loss = np.geomspace(0.1, 1e-3, 11) * random.uniform(0.5, 2.0, (seeds, 1))
        answer[list(diverged)] = 1e3
        loss[list(diverged), 3:] = np.nan
        flags = {"experiment": "sine", "seeds": seeds, "steps": 100, "train_amplitude": 0.3}
        lost = np.isin(np.arange(seeds), diverged)
        networks = xr.Dataset(
            {"diverged": ("seed", lost), "sound_step": ("seed", np.where(lost, 20, 100))},
            {"seed": np.arange(seeds), "train_amplitude": 0.3},
            {"flags": json.dumps(flags), "fingerprint": json.dumps({"block": 4}), "earlier_fingerprints": "[]"},
        )
        axes, time = ("curve", "time", "feature"), ("time", np.asarray(x), {"long_name": "x", "units": ""})

        def curves(inputs, answers):
            variables = {"input": (axes, inputs), "truth": (axes, inputs), "counts": (axes, np.ones_like(inputs))}
            return xr.Dataset({**variables, "answer": (("seed", *axes), answers)}, {"time": time, "feature": ["y"]})

        training = curves(target[None], (target + random.normal(0.0, 0.1, (seeds, 20, 1)))[:, None]).assign(
            step=np.arange(0, 110, 10),
            train_loss=(("seed", "step"), loss),
            train_rmse=(("seed", "step", "feature"), np.sqrt(loss)[:, :, None], {"after": 0.1}),
        )
        nodes, place = {"/": networks, "training": training}, 0
        for probe in probes:
            count = len(probe.inputs)
            spread = {name: np.broadcast_to(value, count) for name, value in probe.parameters.items()}
            columns = {f"parameter_{name}": ("curve", value) for name, value in spread.items()}
            nodes[probe.name] = curves(probe.inputs, answer[:, place : place + count]).assign_coords(columns)
            place += count
        return xr.DataTree.from_dict(nodes)

    return make
