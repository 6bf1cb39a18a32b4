"""Populations on disk: what was saved is what is loaded, or it is refused."""

import json
import subprocess
import sys

import jax
import numpy as np
import pytest
import xarray as xr

import lstm_toys as lt
from lstm_toys.files import Damaged
from lstm_toys.networks.stack import Stack
from lstm_toys.populations import answering, train
from lstm_toys.results import arrays, population, storage
from lstm_toys.tasks import families, supervision

X = families.time_points(12)
TASK = supervision.reproduce("line", {"slope": 0.5, "intercept": 0.1}, X)


class Unsaid(Stack):
    """A network with an attribute that a file has no word for."""

    function: object = np.tanh


def trained(model):
    return train.train(TASK, model, seeds=3, steps=(0, 2, 5), learning_rate=0.1)


@pytest.fixture(scope="module")
def networks():
    return trained(Stack(1, (3,)))


@pytest.fixture
def folder(networks, tmp_path):
    population.save(networks, tmp_path / "saved")
    return tmp_path / "saved"


def test_what_was_saved_is_loaded(networks, folder):
    saved = population.load(str(folder))
    assert (saved.model, saved.shown, saved.asked) == (networks.model, ("y",), ("y",))
    jax.tree.map(np.testing.assert_array_equal, saved.params, networks.params)
    assert saved.kept.keys() == {0, 2}
    for step, params in saved.kept.items():
        jax.tree.map(np.testing.assert_array_equal, params, networks.states[step].params)
    xr.testing.assert_equal(saved.results, arrays.trained(networks))
    line = np.linspace(0.1, 0.6, 12)[None, :, None]
    np.testing.assert_allclose(saved.results.train_input, line, atol=1e-6)
    np.testing.assert_allclose(saved.results.train_target, line, atol=1e-6)
    shown = np.random.default_rng(0).uniform(size=(2, 12, 1)).astype(np.float32)
    ours, theirs = (answering.answers(each.model, each.params, shown) for each in (saved, networks))
    np.testing.assert_array_equal(ours, theirs)


def test_a_deeper_tree_of_parameters_is_saved_too(tmp_path):
    rng = np.random.default_rng(0)
    params = {"a": {"b": {"c": rng.normal(size=(2, 3)), "d": rng.normal(size=2)}}, "e": rng.normal(size=(2, 1))}
    storage.save_parameters(params, tmp_path / "parameters.npz")
    jax.tree.map(np.testing.assert_array_equal, storage.load_parameters(tmp_path / "parameters.npz"), params)


@pytest.mark.parametrize("params", [{"a/b": np.ones(2)}, {"": np.ones(2)}, {"a": {3: np.ones(2)}}])
def test_parameters_that_could_not_be_read_back_are_not_written(tmp_path, params):
    with pytest.raises(ValueError, match="names without a slash"):
        storage.save_parameters(params, tmp_path / "parameters.npz")
    assert not list(tmp_path.iterdir())


def test_a_model_that_could_not_be_read_back_is_not_written(networks, tmp_path):
    networks = train.Population(**{**vars(networks), "model": Unsaid(1)})
    with pytest.raises(ValueError, match="Unsaid cannot be saved"):
        population.save(networks, tmp_path / "saved")
    assert not list(tmp_path.iterdir())


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
    task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(12))
    lt.save(lt.train(task, Own(), seeds=2, steps=1, learning_rate=0.1), sys.argv[1])
    print(lt.load(sys.argv[1]).model == Own())
"""


@pytest.mark.long
def test_a_network_of_a_script_is_saved_under_the_name_that_others_import_it_by(tmp_path, monkeypatch):
    script = tmp_path / "script_of_ones_own.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, script, tmp_path / "saved"], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("True\n", "")
    with pytest.raises(ValueError, match=r"the model script_of_ones_own\.Own cannot be imported"):
        population.load(tmp_path / "saved")
    monkeypatch.syspath_prepend(tmp_path)
    assert type(population.load(tmp_path / "saved").model).__module__ == "script_of_ones_own"


@pytest.mark.parametrize("name", ["results.nc", "parameters.npz", "parameters-2.npz"])
def test_a_file_that_is_not_what_was_written_is_told(folder, tmp_path, name):
    population.save(trained(Stack(1, (4,))), tmp_path / "other")
    whole = (folder / name).read_bytes()
    for content in (b"", whole[:-1], whole[:100] + b"x" + whole[101:], (tmp_path / "other" / name).read_bytes()):
        (folder / name).write_bytes(content)
        with pytest.raises(Damaged, match=name):
            population.load(folder)
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        population.load(folder)


@pytest.mark.parametrize("value", [None, 3, [], {"class": "nowhere:Network", "attributes": {}}])
def test_a_model_that_is_not_there_is_named(folder, value):
    about = json.loads((folder / "population.json").read_text())
    (folder / "population.json").write_text(json.dumps({**about, "model": value}))
    if value and isinstance(value, dict):
        with pytest.raises(ValueError, match=r"the model nowhere\.Network cannot be imported"):
            population.load(folder)
    else:
        with pytest.raises(Damaged, match="does not describe a population"):
            population.load(folder)


def test_a_folder_of_something_else_is_told(tmp_path):
    (tmp_path / "results.nc").write_bytes(b"a sweep's")
    with pytest.raises(FileNotFoundError, match=r"^[^\n]*this folder holds no population, which [^\n]*$") as raised:
        population.load(tmp_path)
    assert raised.value.filename == str(tmp_path)


@pytest.mark.long
def test_a_scaling_is_saved_with_what_was_trained_under_it(tmp_path):
    values = 1000 + 50 * np.sin(np.arange(12.0))[None, :, None]
    scaling = lt.Scaling.fitted(values)
    task = lt.predict_next(scaling.applied(values), ("y",))
    trained = lt.train(task, lt.Stack(features=1, hidden=(3,)), seeds=2, steps=2, learning_rate=0.1)
    lt.save(trained, tmp_path, scaling=scaling)
    saved = lt.load(tmp_path)
    assert saved.scaling == scaling
    np.testing.assert_allclose(saved.results.train_target[0], values[0, 1:], rtol=1e-6)
    np.testing.assert_allclose(saved.results.train_input[0], values[0, :-1], rtol=1e-6)
