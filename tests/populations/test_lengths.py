"""One answer per curve, after curves of different lengths: in training, in answers and in probes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from conftest import carry_out
from lstm_toys.populations import answering, blocks


def adding(key, _):
    """The adding problem, of sequences of different lengths."""
    made, ends = lt.sequences.adding(key, 10, 9), jax.random.randint(key, (9,), 1, 11)
    marked = jnp.where(jnp.arange(10)[None] < ends[:, None], made.inputs.prod(axis=2), 0)
    return made._replace(targets=marked.sum(axis=1, keepdims=True), lengths=ends)


VALIDATION = adding(jax.random.key(5), {})
TASK = lt.Task(adding, ("number", "mark"), ("sum",), sequence=False, fresh=True, validation=VALIDATION)
EXPERIMENT = lt.Experiment(
    name="sums",
    doc="The sum of two marked numbers.",
    defaults={"steps": 3, "learning_rate": 0.1, "hidden": "4"},
    fixed={"timesteps": 10},
    goal=lt.Goal(rmse=0.1),
    task=lambda _: TASK,
    probes=lambda _: [lt.Probe.of("validation", VALIDATION)],
    draw=lambda *_: {},
)


@pytest.mark.usefixtures("as_users_have_it")
def test_an_answer_is_that_to_the_curve_up_to_its_end_in_any_company():
    model = lt.Stack(1, (4,), sequence=False)
    inputs, lengths = np.random.default_rng(0).uniform(size=(11, 10, 2)).astype(np.float32), np.tile([1, 4, 10], 4)[:11]
    own = jax.jit(model.init)(jax.random.key(0), jnp.asarray(inputs))["params"]
    params = jax.tree.map(lambda leaf: np.stack([leaf, 2 * leaf]), own)
    every = lt.answers((model, params), inputs, lengths=lengths)
    for seed, factor in enumerate((1, 2)):
        for length in (1, 4, 10):
            network = jax.tree.map(lambda leaf, factor=factor: factor * leaf, own)
            alone = model.apply({"params": network}, jnp.asarray(inputs[lengths == length, :length]))
            np.testing.assert_allclose(every[seed, lengths == length], alone, atol=1e-6)
    some = lt.answers((model, params), inputs[4:6], lengths=jnp.asarray(lengths[4:6]))
    np.testing.assert_array_equal(some, every[:, 4:6])
    shapes, own = blocks.member(params), (None, lengths, lengths[::-1])
    assert len({answering.digests_of(model, shapes, inputs, 4, 2, "own", each)["curves own"] for each in own}) == 3
    for wrong, told in ((lengths[:3], "one number for each of the 11"), (lengths + 1, "at most 10")):
        with pytest.raises(ValueError, match=f"lengths.*{told}"):
            lt.answers((model, params), inputs, lengths=wrong)


@pytest.mark.long
def test_probes_are_answered_as_in_training(tmp_path):
    """The probe that is the validation set has its recorded error."""
    assert carry_out(EXPERIMENT, ["--seeds=2", f"--results_dir={tmp_path}"]) == 0
    results = lt.load(next((tmp_path / "runs").glob("sums*"))).results
    shown = lt.probed(results, "validation")
    error = np.sqrt(np.square(shown.answer - shown.truth).mean(["curve", "output_feature"]))
    np.testing.assert_allclose(error, results.training.train_rmse[:, -1, 0], rtol=1e-5)
    np.testing.assert_array_equal(results.training.answer, shown.answer[:, :1])
