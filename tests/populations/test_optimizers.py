"""Any optimizer of Optax: as in a plain loop, swept, continued, and part of what a run is."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import lstm_toys as lt
from conftest import carry_out, executed, rarely, refusal
from experiments import line
from lstm_toys.populations import blocks
from lstm_toys.studies.sweep.settings import SweepSettings, expand
from lstm_toys.studies.sweep.study import Sweep

pytestmark = pytest.mark.usefixtures("promoting")

X = lt.time_points(20)
SINE = {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}
TASK, MODEL = lt.reproduce("sine", SINE, X), lt.Stack(1, (4,))
INJECTED = optax.chain(optax.clip_by_global_norm(1.0), optax.inject_hyperparams(optax.adamw)(1e-3, weight_decay=1e-2))


def trained(optimizer, seeds=3, steps=20, **options):
    return lt.train(TASK, MODEL, seeds=seeds, steps=steps, optimizer=optimizer, **options)


def plain(params, rates, decays, steps=20, block=4):
    """The parameters of networks after a loop of Optax, compiled for a block of copies, as others round otherwise."""
    inputs, targets = TASK.examples(jax.random.key(0), {})[:2]

    def loop(network, steps):
        def step(_, network):
            params, state, inputs, targets = network

            def loss(params):
                return jnp.mean(jnp.square(MODEL.apply({"params": params}, inputs) - targets))

            updates, state = INJECTED.update(jax.grad(loss)(params), state, params)
            return optax.apply_updates(params, updates), state, inputs, targets

        return jax.lax.fori_loop(0, steps, step, network)

    program, mesh = blocks.spread(loop), blocks.mesh()
    for member, (rate, decay) in enumerate(zip(np.float32(rates), np.float32(decays), strict=True)):
        own = jax.tree.map(lambda leaf, member=member: jnp.asarray(leaf[member]), params)
        clipped, state = INJECTED.init(own)
        state.hyperparams.update(learning_rate=rate, weight_decay=decay)
        network = own, (clipped, state), inputs, targets
        copies = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (mesh.size, block, *jnp.shape(leaf))), network)
        yield jax.tree.map(lambda leaf: leaf[0, 0], program(blocks.place(copies), jnp.int32(steps))[0])


def test_a_network_is_that_of_a_plain_loop_to_the_last_bit_with_its_own_injected_numbers():
    rates, decays = np.array([1e-3, 1e-2]), np.array([0.0, 0.3])
    swept = {"learning_rate": rates, "numbers": {"weight_decay": decays}}
    many = trained(INJECTED, np.array([5, 6]), steps=(0, 20), **swept)
    assert many.block == 4
    for member, expected in enumerate(plain(many.at(0).params, rates, decays)):
        one = jax.tree.map(lambda leaf, member=member: leaf[member], many.params)
        jax.tree.map(np.testing.assert_array_equal, one, expected)


SCHEDULED = optax.inject_hyperparams(optax.sgd)(optax.constant_schedule(0.1))
REFUSED = {
    "learning_rate must be None, or numbers where optimizer injects it, not 0.1": (SCHEDULED, {"learning_rate": 0.1}),
    r"numbers that its optimizer injects, \[\], not \['b1'\]": (optax.sgd(0.1), {"numbers": {"b1": 0.1}}),
    "optimizer must not draw random numbers": (optax.add_noise(0.1, 0.5, 0), {}),
    "unknown optimizer .*; or an optax.GradientTransformation": (optax.MultiSteps(optax.sgd(0.1), 2), {}),
}


@pytest.mark.parametrize("said", REFUSED)
@pytest.mark.usefixtures("as_users_have_it")
def test_what_cannot_be_used_is_refused(said):
    optimizer, options = REFUSED[said]
    with pytest.raises(ValueError, match=f"{said}[^\n]*$"):
        trained(optimizer, **options)


def decayed(settings):
    return optax.inject_hyperparams(optax.adamw)(settings.learning_rate, weight_decay=0.0)


def clipped(settings):
    return optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(settings.learning_rate))


def declared(optimizer, **others):
    defaults = {"steps": 20, "learning_rate": 0.01, "timesteps": 20, "hidden": "4"}
    return dataclasses.replace(line.EXPERIMENT, defaults=defaults, optimizer=optimizer, **others)


DECAYED = declared(decayed, numbers={"weight_decay": 0.1})


@pytest.mark.parametrize(("experiment", "axes", "shapes"), rarely((DECAYED, 2, 1), (declared(clipped), 1, 2)))
def test_a_declared_optimizer_is_swept_with_a_program_for_each_rate_that_is_not_injected(
    experiment, axes, shapes, tmp_path
):
    varied = [("learning_rate", ["0.01", "0.1"]), ("train_weight_decay", ["0", "0.3"])]
    settings, _ = expand(experiment, varied[:axes], {"seeds": 2})
    study = Sweep(experiment, SweepSettings("sweep", settings=settings))
    assert len(study.shapes) == shapes
    found = lt.load_results(executed(study, tmp_path, 2).results).training.train_loss[..., -1]
    options = {"optimizer": experiment.optimizer(settings[-1]), "numbers": dict(settings[-1].numbers)}
    alone = lt.train(line.EXPERIMENT.task(X), lt.Stack(2, (4,)), seeds=2, steps=20, **options)
    np.testing.assert_array_equal(found[-1], alone.results.training.train_loss[:, -1])
    assert len(np.unique(found)) == found.size


def test_an_experiment_with_its_own_optimizer_has_no_flags_of_others(tmp_path, capsys):
    folder = tmp_path / "results"
    unknown = declared(decayed, numbers={"b3": 0.1})
    for experiment, told in (
        (DECAYED, "unknown flag --optimizer"),
        (unknown, "optimizer cannot be made: ValueError: it does"),
    ):
        flag = ["--optimizer=adam"] * (experiment is DECAYED)
        assert carry_out(experiment, [*flag, f"--results_dir={folder}"]) == 2
        assert told in refusal(capsys)
    with pytest.raises(ValueError, match="its optimizer takes the place of momentum; leave that out"):
        dataclasses.replace(line.EXPERIMENT, optimizer=clipped, defaults={"momentum": 0.5})
    assert not folder.exists()
