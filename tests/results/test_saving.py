"""Populations on disk: what was saved is what is loaded, or it is refused."""

import shutil
import sys
from dataclasses import replace

import jax
import numpy as np
import pytest
import xarray as xr

import lstm_toys as lt
from conftest import carry_out, process, untrained
from experiments import line
from lstm_toys.files import Damaged, read_sealed, sha256, write_json, write_sealed
from lstm_toys.networks.stack import Stack
from lstm_toys.populations import answering
from lstm_toys.results import arrays, saving

X = lt.time_points(20)
TASK = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, X)


class Unsaid(Stack):
    """A network with an attribute that a file has no word for."""

    function: object = np.tanh


@pytest.fixture(scope="module")
def networks():
    """Three networks with random weights, kept at steps 0, 1 and 2, the second of which diverged."""
    made, random = untrained(TASK, lt.Stack(1, (4,))), np.random.default_rng(0)

    def weights(leaf):
        return random.normal(size=leaf.shape).astype(leaf.dtype)

    kept = {step: jax.tree.map(weights, made.params) for step in range(3)}
    labeled = arrays.of_networks(made.results, {}, {"seed": [5, 7, 6]})
    numbers = {"learning_rate": np.float32([0.1, 0.1, 0.3])}
    return replace(made, seeds=np.array([5, 7, 6]), params=kept[2], kept=kept, labeled=labeled, numbers=numbers)


@pytest.fixture(scope="module")
def whole(networks, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    saving.save(networks, folder / "saved")
    return folder / "saved"


@pytest.fixture
def folder(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "saved")


def test_what_was_saved_is_loaded(networks, folder):
    saved = saving.load(str(folder))
    assert (saved.model, saved.input_features, saved.output_features) == (networks.model, ("y",), ("y",))
    jax.tree.map(np.testing.assert_array_equal, saved.params, networks.params)
    assert (saved.steps, saved.step, saved.block) == ((0, 1, 2), 2, 4)
    for step in saved.steps:
        jax.tree.map(np.testing.assert_array_equal, saved.at(step).params, networks.at(step).params)
    xr.testing.assert_equal(saved.results, networks.results)
    assert saved.results.seed.values.tolist() == saved.seeds.tolist() == [5, 7, 6]
    assert saved.diverged.tolist() == [False, True, False]
    assert saved.numbers["learning_rate"].tolist() == networks.numbers["learning_rate"].tolist()
    line = np.linspace(0.1, 0.6, 20)[None, :, None]
    np.testing.assert_allclose(saved.results.training.train_input, line, atol=1e-6)
    np.testing.assert_allclose(saved.results.training.train_target, line, atol=1e-6)
    shown = np.random.default_rng(0).uniform(size=(2, 20, 1)).astype(np.float32)
    ours, theirs = (answering.answers(each, shown) for each in (saved, networks))
    np.testing.assert_array_equal(ours, theirs)


def test_the_training_set_of_the_first_network_is_saved(tmp_path):
    task = lt.read_off("line", {}, ("slope",), X, draw=6)
    two = {"seeds": np.array([7, 8]), "base_seed": 3}
    made = lt.train(task, lt.Stack(1, (4,), sequence=False), **two, steps=0, learning_rate=0.1)
    lt.save(made, tmp_path / "saved")
    saved = lt.load(tmp_path / "saved")
    answers = lt.answers(saved, saved.results.training.train_input.values)
    error = np.mean((answers - saved.results.training.train_target.values) ** 2, axis=(1, 2))
    assert error[0] == pytest.approx(float(made.results.training.train_loss[0, 0]), rel=1e-5)
    assert error[1] != pytest.approx(float(made.results.training.train_loss[1, 0]), rel=1e-2)


def told_of(folder):
    """Why the networks of a folder cannot be loaded."""
    with pytest.raises(FileNotFoundError) as raised:
        lt.load(folder)
    return str(raised.value).removeprefix(f"{folder}: ")


def test_a_run_without_networks_says_so_and_what_to_do(world, tmp_path):
    told = "this run saved no networks; load the run of an experiment"
    assert told_of(world("claims").run) == told
    grids, sine = world("generalization").run, world("sine").run
    assert told_of(grids) == f"{told}, such as {sine}, or read the arrays of this one by lt.load_results"
    write_json(tmp_path / "config.json", {"experiment": "sweep"})
    assert told_of(tmp_path) == "this run is not finished; the command that began it continues it"
    write_sealed(tmp_path / "metrics.json", {"files": {"results.nc": ""}, "flags": {"keep_networks": False}})
    assert told_of(tmp_path) == "this run saved no networks; repeat the sweep with --keep_networks"
    write_sealed(tmp_path / "metrics.json", {"files": {"population.json": ""}, "flags": {}})
    assert told_of(tmp_path) == f"[Errno 2] No such file or directory: '{tmp_path}/population.json'"


def test_a_model_that_could_not_be_read_back_is_not_written(networks, tmp_path):
    class Inner(Stack):
        pass

    for model, told in ((Unsaid(1), "Unsaid cannot be saved"), (Inner(1), "its class is defined within a function")):
        with pytest.raises(ValueError, match=told):
            saving.save(replace(networks, model=model), tmp_path / "saved")
    assert not list(tmp_path.iterdir())


@pytest.mark.long
def test_networks_of_a_command_with_a_cell_from_elsewhere_are_loaded(tmp_path, capsys):
    arguments = ["--seeds=3", "--steps=4", "--timesteps=20", "--hidden=4", "--cell=flax.linen:SimpleCell", "--quiet"]
    arguments += ["--learning_rate=0.001", f"--results_dir={tmp_path}"]
    assert carry_out(line.EXPERIMENT, arguments) == 0
    (run,) = (tmp_path / "runs").iterdir()
    saved = saving.load(run)
    assert saved.model == lt.Stack(2, (4,), cell="flax.linen:SimpleCell")
    (first,) = saved.params.keys() - {"readout"}
    assert lt.states(saved, saved.results.training.input.values)[first]["hidden"].shape[-1] == 4
    assert carry_out(line.EXPERIMENT, arguments) == 0
    assert capsys.readouterr() == (f"{run}\n{run}\n", "")


SCRIPT = """
import sys
import flax.linen as nn
import lstm_toys as lt

class Own(nn.Module):
    units: int = 3

    @nn.compact
    def __call__(self, inputs):
        return nn.Dense(1)(lt.RNN(self.units)(inputs))

if __name__ == "__main__":
    task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(20))
    lt.save(lt.train(task, Own(), seeds=2, steps=1, learning_rate=0.1), sys.argv[1])
    print(lt.load(sys.argv[1]).model == Own())
"""


@pytest.mark.long
def test_a_network_of_a_script_is_saved_under_the_name_that_others_import_it_by(tmp_path, monkeypatch):
    script = tmp_path / "script_of_ones_own.py"
    script.write_text(SCRIPT)
    done = process(script, tmp_path / "saved")
    assert (done.stdout, done.stderr) == ("True\n", "")
    monkeypatch.syspath_prepend(tmp_path)
    loaded = saving.load(tmp_path / "saved", ("script_of_ones_own",))
    assert type(loaded.model).__module__ == "script_of_ones_own"


def read(folder):
    """Reads all files of networks."""
    loaded = saving.load(folder)
    return loaded.results, [loaded.at(step) for step in loaded.steps]


@pytest.mark.parametrize("name", ["results.nc", "parameters.npz", "parameters-1.npz"])
def test_a_file_that_is_not_what_was_written_is_refused(folder, name):
    whole = (folder / name).read_bytes()
    for content in (whole[:-1], whole[:100] + b"x" + whole[101:]):
        (folder / name).write_bytes(content)
        with pytest.raises(Damaged, match=name):
            read(folder)
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        read(folder)


def rewritten(folder, **changes):
    """Writes another description of a population, with the digest that belongs to it."""
    write_sealed(folder / "population.json", read_sealed(folder / "population.json") | changes)


def test_results_of_other_networks_or_in_no_folder_are_not_saved(networks, tmp_path):
    results = networks.results.isel(seed=[0])
    with pytest.raises(ValueError, match="are of 1 network, not of 3"):
        saving.save(networks, tmp_path / "more", results)
    alone = lt.Networks(networks.model, networks.params)
    with pytest.raises(ValueError, match="which know their steps"):
        saving.save(alone, tmp_path / "more", networks.results)
    assert not (tmp_path / "more").exists()
    with pytest.raises(NotADirectoryError, match=r"Not a directory: '/dev/null'"):
        saving.save(networks, "/dev/null")


DAMAGED = [
    *({"model": None}, {"model": {"class": "a:B"}}, {"files": {}}, {"kept": 3}, {"kept": {"../x": "../x.npz"}}),
    *(
        {"networks": {"seeds": each}}
        for each in ([7, 7, 1], [-5, 0, 1], [0.5, 1.5, 2.5], [2**32, 1, 2], ["0", "1", "2"], 3)
    ),
    *({"networks": {"block": block}} for block in (0, 1.5, True, None)),
    *({"networks": {"points": 0}}, {"networks": {"diverged": [3]}}),
    *({"networks": {"numbers": each}} for each in ({"learning_rate": [1.0]}, {"noise": ["a"] * 3})),
    *({"input_features": features} for features in ("y", ["y", "y"], [1], {"y": 1}, [""])),
    {"output_features": "y"},
]


@pytest.mark.parametrize("changes", DAMAGED, ids=str)
def test_what_no_training_could_have_written_is_refused(folder, changes):
    own = read_sealed(folder / "population.json")["networks"] | {"numbers": {}} | changes.get("networks", {})
    rewritten(folder, **{**changes, "networks": own})
    with pytest.raises(Damaged, match=r"population\.json: is damaged[:,] [^\n]+$"):
        saving.load(folder)


def test_networks_of_one_seed_under_the_same_numbers_are_not_saved(networks, tmp_path):
    with pytest.raises(ValueError, match="seeds must be different under the same numbers"):
        lt.save(networks[np.array([0, 0])], tmp_path / "twice")
    assert not (tmp_path / "twice").exists()


def test_files_of_another_version_are_refused_by_name(networks, folder):
    message = "is damaged, or another version of lstm_toys wrote it"
    networks.results.to_dataset().to_netcdf(folder / "results.nc", engine="h5netcdf")  # As version 0.3 did.
    about = read_sealed(folder / "population.json")
    rewritten(folder, files={name: sha256(folder / name) for name in about["files"]})
    with pytest.raises(Damaged, match=rf"/results\.nc: {message}: it has no tree of results$"):
        read(folder)
    del about["networks"]  # Which version 0.2 did not write.
    write_sealed(folder / "population.json", about)
    with pytest.raises(Damaged, match=rf"^[^ ]*/population\.json: {message}: it has no entry 'networks'$"):
        lt.load(folder)


ATTRIBUTES = {"features": 1, "hidden": [4], "readout": "cell", "sequence": True, "cell": "lstm", "gates": "sigmoid"}
STACK = "lstm_toys.networks.stack:Stack"


@pytest.mark.parametrize(
    ("place", "attributes"),
    [
        ("subprocess:Popen", {"args": ["touch", "ran"]}),
        ("this_has_run:Network", {}),
        ("lstm_toys.populations.trained:Networks", {}),
        ("lstm_toys.results.saving:importlib.import_module", {"name": "this_has_run"}),
        (STACK, {**ATTRIBUTES, "cell": "this_has_run:Cell"}),
        (STACK, {**ATTRIBUTES, "cell": "fractions:Fraction"}),
    ],
)
def test_no_code_runs_that_nobody_allowed(folder, tmp_path, monkeypatch, place, attributes):
    (tmp_path / "this_has_run.py").write_text("open('ran', 'w').close()")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    rewritten(folder, model={"class": place, "attributes": attributes})
    with pytest.raises(saving.Untrusted, match=r"^[^\n]*\btrust\b[^\n]*$"):
        saving.load(folder)
    assert not {"ran", "__pycache__"} & {path.name for path in tmp_path.iterdir()}
    assert "this_has_run" not in sys.modules


@pytest.mark.parametrize(
    ("place", "attributes", "told"),
    [
        ("lstm_toys.networks.stack:Nothing", {}, "there is no 'Nothing'"),
        (STACK, {**ATTRIBUTES, "size": 3}, "has no attribute size"),
        (STACK, {**ATTRIBUTES, "hidden": [1] * 20_000}, "at most 100 layers"),
        ("a\n\x1b[31m:B", {}, r"a\\n\\x1b\[31m:B is of a module that is not imported"),
    ],
)
def test_a_model_that_cannot_be_made_again_is_named(folder, place, attributes, told):
    rewritten(folder, model={"class": place, "attributes": attributes})
    with pytest.raises(ValueError, match=rf"^[^\n\x1b]*/population\.json: [^\n\x1b]*{told}[^\n\x1b]*$"):
        saving.load(folder)


def test_what_the_caller_trusts_is_imported(folder, tmp_path, monkeypatch):
    (tmp_path / "cells_of_ones_own.py").write_text("from maps import Linear as Mine\n")
    monkeypatch.syspath_prepend(tmp_path)
    rewritten(folder, model={"class": STACK, "attributes": {**ATTRIBUTES, "cell": "cells_of_ones_own:Mine"}})
    with pytest.raises(saving.Untrusted, match=r"cells_of_ones_own:Mine .* trust=\('cells_of_ones_own',\)"):
        saving.load(folder)
    assert saving.load(folder, trust=("cells_of_ones_own",)).model.cell == "cells_of_ones_own:Mine"
    assert sys.modules.pop("cells_of_ones_own")
