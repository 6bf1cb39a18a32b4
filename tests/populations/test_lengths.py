"""One answer per curve, after curves of different lengths: as in training, in answers, probes, sweeps and grids."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from conftest import carry_out
from experiments import generalization, sweep
from lstm_toys.populations import answering, blocks

SIZES = ("--seeds=2", "--steps=3", "--hidden=4")


def at_length(key, _, length):
    """The adding problem, of sequences of different lengths."""
    made, ends = lt.sequences.adding(key, length, 9), jax.random.randint(key, (9,), 1, length + 1)
    marked = jnp.where(jnp.arange(length)[None] < ends[:, None], made.inputs.prod(axis=2), 0)
    return made._replace(targets=marked.sum(axis=1, keepdims=True), lengths=ends)


def task(x):
    shown, every = ("number", "mark"), at_length(jax.random.key(5), {}, len(x))
    options = {"sequence": False, "fresh": True, "validation": every, "at_length": at_length}
    return lt.Task(lambda key, numbers: at_length(key, numbers, len(x)), shown, ("sum",), **options)


EXPERIMENT = lt.Experiment(
    name="sums",
    doc="The sum of two marked numbers.",
    defaults={"steps": 3, "learning_rate": 0.1, "timesteps": 10},
    goal=lt.Goal(rmse=0.1),
    task=task,
    probes=lambda x: [lt.Probe.of("validation", task(x).validation), lt.probe_at("twice", task(x), 2 * len(x))],
    draw=lambda *_: {},
)


def plain(model, params, inputs, lengths):
    """The answers of every network to every curve up to its end, one after another."""
    networks = [jax.tree.map(lambda leaf, seed=seed: jnp.asarray(leaf[seed]), params) for seed in range(2)]
    ends = [jnp.asarray(curve[None, :length]) for curve, length in zip(inputs, lengths, strict=True)]
    return np.array([[model.apply({"params": each}, curve)[0] for curve in ends] for each in networks])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("sums")


@pytest.fixture(scope="module")
def saved(folder):
    assert carry_out(EXPERIMENT, [*SIZES, f"--results_dir={folder}"]) == 0
    return lt.load(next((folder / "runs").glob("sums*")))


def study_of(folder, command, flag):
    """The results of a study of these networks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "sums", sys.modules[__name__])
        assert carry_out(command, ["--task=sums", *SIZES, flag, f"--results_dir={folder}"]) == 0
    return lt.load_results(next((folder / "runs").glob(f"{command.__name__.split('.')[-1]}*/*.nc")))


@pytest.mark.usefixtures("as_users_have_it")
def test_an_answer_is_that_to_the_curve_up_to_its_end_in_any_company(saved):
    model, params, *_ = saved
    inputs, lengths = np.random.default_rng(0).uniform(size=(11, 10, 2)).astype(np.float32), np.arange(11) % 10 + 1
    every = lt.answers(model, params, inputs, lengths=lengths)
    np.testing.assert_allclose(every, plain(model, params, inputs, lengths), atol=1e-6)
    some = lt.answers(model, params, inputs[4:6], lengths=jnp.asarray(lengths[4:6]))
    np.testing.assert_array_equal(some, every[:, 4:6])
    shapes, own = blocks.member(params), (None, lengths, lengths[::-1])
    assert len({answering.digests_of(model, shapes, inputs, 4, 2, lengths=each)["curves"] for each in own}) == 3
    for wrong, told in ((lengths[:3], "one number for each of the 11"), (lengths + 1, "at most 10")):
        with pytest.raises(ValueError, match=f"lengths.*{told}"):
            lt.answers(model, params, inputs, lengths=wrong)


def error(probe):
    return np.sqrt(np.square(probe.answer - probe.truth).mean(["curve", "output_feature"]))


def test_probes_are_answered_as_in_training(saved):
    """The probe that is the validation set has its recorded error."""
    model, params, _, results, *_ = saved
    shown = lt.probed(results, "validation")
    np.testing.assert_allclose(error(shown), results.train_rmse[:, -1, 0], rtol=1e-5)
    np.testing.assert_array_equal(results.train_answer, shown.answer[:, 0])
    probe, twice = EXPERIMENT.probes(lt.time_points(10))[1], lt.probed(results, "twice")
    np.testing.assert_allclose(twice.answer, plain(model, params, probe.inputs, probe.lengths), atol=1e-6)


@pytest.mark.long
def test_sweeps_and_grids_answer_likewise(saved, folder):
    model, params, _, results, *_ = saved
    swept = study_of(folder, sweep, "--grid=learning_rate=0.1 0.2")
    expected = error(lt.probed(results, "validation"))
    np.testing.assert_allclose(swept.rmse[0].sel(probe="validation"), expected, rtol=1e-5)
    probe = lt.probe_at("grid", task(lt.time_points(10)), 12)
    squared = np.square(plain(model, params, probe.inputs, probe.lengths) - probe.targets)
    found = study_of(folder, generalization, "--length=10:12:2").rmse.sel({lt.LENGTH: 12})
    np.testing.assert_allclose(found, np.sqrt(squared.mean((1, 2))), rtol=1e-4)
