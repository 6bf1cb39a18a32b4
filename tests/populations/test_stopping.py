"""Early stopping: networks that met their goal are frozen, and the best parameters kept, each network by itself."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import reference
import xarray as xr

import lstm_toys as lt
from conftest import rarely
from lstm_toys.populations import blocks, programs, train
from lstm_toys.populations.programs import specify
from lstm_toys.results import arrays
from lstm_toys.tasks.goal import NEVER

X, MODEL = lt.time_points(20), lt.Stack(1, (4,))
TASK = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, X)
LINES = {"slope": np.array([0.4, 0.7]), "intercept": 0.0}
OTHER = lt.reproduce("line", LINES, X)
STEPS, HOLD = 60, 3
GOAL = lt.Goal(rmse=0.12)
BEST = lt.EarlyStopping(goal=GOAL, records=HOLD, best=True, validation=OTHER)


def trained(seeds=9, steps=STEPS, task=TASK, stopping=NEVER, **how):
    """A training as commands stop it and continue it, and its networks."""
    options = {"learning_rate": 0.3, "optimizer": "momentum", "frames": 3, "early_stopping": stopping}
    specified = specify(task, MODEL, seeds=seeds, steps=steps, **options)
    training = train.PopulationTraining(*specified, **how)
    return training, training.networks()


def one(tree, seed):
    return jax.tree.map(lambda leaf: jnp.asarray(leaf[seed]), tree)


def same(ours, theirs):
    jax.tree.map(np.testing.assert_array_equal, ours, theirs)


def drawn(key, _):
    inputs = jax.random.randint(key, (8, 20, 1), 0, 2).astype(jnp.float32)
    return lt.Examples(inputs, inputs)


BITS = lt.Task(drawn, ("bit",), ("bit",), sequence=True, loss="binary_cross_entropy", fresh=True)


@pytest.mark.parametrize(("task", "goal"), rarely((TASK, GOAL), (BITS, lt.Goal(accuracy=0.9))))
def test_a_network_that_holds_its_goal_is_that_of_a_shorter_training(task, goal):
    """To the last bit, beside others that train on; the loop over records says when."""
    training, networks = trained(task=task, stopping=lt.EarlyStopping(goal=goal, records=HOLD))
    ours = lt.probed(networks.results, "training")
    steps, never = sorted({*ours.last_step.values.tolist(), STEPS}), lt.EarlyStopping(goal=goal)
    _, free = trained(task=task, steps=steps, stopping=never)
    assert len({*ours.last_step.values}) > 1
    unstopped = lt.probed(free.results, "training")
    losses = unstopped.train_loss
    for seed, errors in enumerate(arrays.recorded(unstopped).values[:, :, 0]):
        met, last = (errors <= goal.limit if goal.rmse else errors >= goal.limit), len(errors) - 1
        for record in reversed(range(HOLD - 1, len(errors))):
            last = record if met[record - HOLD + 1 : record + 1].all() else last
        assert ours.last_step[seed] == losses.step[last]
        same(networks[seed].params, free.at(int(losses.step[last]))[seed].params)
        np.testing.assert_array_equal(ours.train_loss[seed, : last + 1], losses[seed, : last + 1])
        assert (ours.train_loss[seed, last:] == ours.train_loss[seed, last]).all()
    assert training.member_steps == ours.last_step.sum()


@pytest.fixture(scope="module")
def best():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "GROUP_MEMBERS", 4)
        return trained(stopping=BEST)


def test_networks_stop_at_the_first_step_at_which_they_have_held_their_goal(best):
    found = lt.probed(best[1].results, "training")
    assert len({*found.last_step.values}) > 1
    every = found.last_step.values, found.train_rmse.values[:, :, 0], found.train_loss.values
    for last, errors, losses in zip(*every, strict=True):
        held = [(errors[step - HOLD + 1 : step + 1] <= 0.12).all() for step in range(HOLD - 1, STEPS)]
        assert last == (held.index(True) + HOLD - 1 if any(held) else STEPS)
        assert (losses[last:] == losses[last]).all()


def test_the_best_parameters_are_those_of_a_plain_loop(best):
    seed, transform = 8, optax.sgd(0.3, 0.9)
    found = lt.probed(best[1].results, "training")
    sets = [task.examples(jax.random.key(0), {}) for task in (TASK, OTHER)]
    key = jax.random.fold_in(jax.random.fold_in(jax.random.key(0), seed), reference.PURPOSES["parameters"])
    params = jax.jit(MODEL.init)(key, sets[0].inputs)["params"]

    def loss(params, examples):
        return jnp.mean((MODEL.apply({"params": params}, examples.inputs) - examples.targets) ** 2)

    @jax.jit
    def step(params, state):
        updates, state = transform.update(jax.grad(loss)(params, sets[0]), state, params)
        return optax.apply_updates(params, updates), state

    state, losses, every = transform.init(params), [], []
    for _ in range(int(found.last_step[seed]) + 1):
        losses.append(float(jax.jit(loss)(params, sets[1])))
        every.append(params)
        params, state = step(params, state)
    assert 0 < np.argmin(losses) < len(losses) - 1
    np.testing.assert_allclose(found.validation_loss[seed, : len(losses)], losses, rtol=1e-4)
    assert found.params_step[seed] == np.argmin(losses)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a[seed], b, atol=1e-5), best[1].params, every[np.argmin(losses)]
    )


@pytest.mark.long
def test_a_network_is_chosen_and_stopped_as_if_alone(best):
    """And without validation by the recorded loss; a network that diverges has its best parameters from before."""
    _, few = trained(np.array([7, 2]), stopping=BEST)
    for mine, seed in enumerate((7, 2)):
        same(few[mine].params, best[1][seed].params)
        records = (lt.probed(each.results, "training").drop_dims("example") for each in (few[mine], best[1][seed]))
        xr.testing.assert_identical(*records)
    options, smallest = {"seeds": 2, "steps": 40, "learning_rate": np.array([0.3, 90])}, lt.EarlyStopping(best=True)
    shown = dataclasses.replace(smallest, validation=TASK.examples(jax.random.key(0), {}))
    wild = lt.train(TASK, MODEL, **options, early_stopping=shown)
    found = lt.probed(wild.results, "training")
    np.testing.assert_array_equal(found.validation_loss, found.train_loss)
    assert wild.diverged.tolist() == [False, True]
    sound = found.train_loss[1, : int(found.sound_step[1]) + 1].values
    assert found.params_step.values.tolist() == [found.train_loss[0].values.argmin(), sound.argmin()]
    same(lt.train(TASK, MODEL, **options, early_stopping=smallest).params, wild.params)


@pytest.mark.usefixtures("digests")
def test_a_stopped_training_has_what_it_trained_and_continues_to_the_same_bits(best, tmp_path, monkeypatch):
    """Stopped within both of two groups; a finished one computes nothing."""
    monkeypatch.setattr(blocks, "GROUP_MEMBERS", 4)
    monkeypatch.setattr(train, "CALL_SECONDS", 0.0)  # So that every call is of one step.

    def continued(calls, **changes):
        left, kept = iter(range(calls)), lt.Checkpoints(tmp_path / "kept", 1e9)
        stopping = dataclasses.replace(BEST, **changes)
        return trained(stopping=stopping, checkpoints=kept, stop=lambda: next(left, None) is None)

    with pytest.raises(lt.errors.Stopped) as first:
        continued(0)
    assert first.value.networks is None
    for calls, members, step in ((30, 8, None), (60, 8, STEPS)):
        with pytest.raises(lt.errors.Stopped) as stopped:
            continued(calls)
        part, whole = (lt.probed(each.results, "training") for each in (stopped.value.networks, best[1][:members]))
        assert stopped.value.members.tolist() == [*range(members)]
        assert len(part.step) == STEPS + 1 if step else 20 < len(part.step) < STEPS
        np.testing.assert_array_equal(part.validation_loss, whole.validation_loss[:, : len(part.step)])
        stays = whole.last_step.values <= part.step.values[-1]
        np.testing.assert_array_equal(part.last_step[stays], whole.last_step[stays])
    for other in ({"records": 2}, {"validation": TASK}):
        with pytest.raises(lt.errors.OtherTraining, match="belongs to another training"):
            continued(99, **other)
    last = continued(99)
    assert last[0].member_steps < best[0].member_steps
    assert last[0].continued
    monkeypatch.setattr(programs, "compile_programs", None)
    again = continued(99)
    assert again[0].member_steps == 0
    for _, found in (last, again):
        same(found.params, best[1].params)
        xr.testing.assert_identical(found.results, best[1].results)
    for path in (tmp_path / "kept").iterdir():
        with np.load(path) as arrays:
            assert not [name for name in arrays if "member" in name], "the optimizer's state is left"


REFUSED = {
    "goal of early_stopping must be for y, as recorded, not 'train acc": {"goal": lt.Goal(accuracy=0.9), "records": 1},
    "validation must have the input_features of the task": {"validation": lt.reproduce("line", LINES, X, ("x", "y"))},
    "validation takes the training number a": {"validation": lt.reproduce("line", {**LINES, "slope": "a"}, X)},
}


@pytest.mark.parametrize("said", REFUSED)
@pytest.mark.usefixtures("as_users_have_it")
def test_what_cannot_stop_networks_is_refused(said):
    with pytest.raises(ValueError, match=f"^{said}[^\n]*$"):
        lt.train(TASK, MODEL, seeds=1, steps=1, learning_rate=0.3, early_stopping=lt.EarlyStopping(**REFUSED[said]))
