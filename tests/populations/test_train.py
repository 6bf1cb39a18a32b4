"""Populations: bitwise the same in any company, and each network trained as it would be alone."""

import contextlib
import dataclasses
import io
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st

from conftest import HANG, rarely
from lstm_toys.execution import signals
from lstm_toys.files import Damaged
from lstm_toys.networks import training
from lstm_toys.networks.hyper import Hyper
from lstm_toys.networks.stack import Stack
from lstm_toys.populations import answering, blocks, group, programs, specification, train
from lstm_toys.populations.checkpoints import Checkpoints
from lstm_toys.populations.specification import specify
from lstm_toys.tasks import families, supervision

ROOT = Path(__file__).parents[2]
MODEL = Stack(1, (6,))


def sine_task():
    parameters = {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}
    return supervision.reproduce("sine", parameters, families.time_points(20))


def several_curves():
    x = families.time_points(20)
    return supervision.reproduce_curves(jnp.stack([x, 0.3 - 0.2 * x, x**2])[..., None], ("y",))


def trained(seeds=3, steps=40, task=None, **options):
    task = task or sine_task()
    return train.train(task, MODEL, seeds=seeds, steps=steps, **{"learning_rate": 0.1, **options})


def probe_curves(count):
    return np.random.default_rng(0).uniform(size=(29, 20, 1)).astype(np.float32)[:count]


def write_losses_and_answers(folder, count):
    """Losses and answers of populations of three sizes; also runs in processes with other numbers of devices."""
    arrays = {}
    for seeds in (1, 5, 16):
        networks = trained(seeds)
        arrays[f"losses of {seeds}"] = networks.train_loss
        arrays[f"losses on several curves of {seeds}"] = trained(seeds, task=several_curves()).train_loss
        arrays[f"answers of {seeds}"] = answering.answers(MODEL, networks.params, probe_curves(3))
    with contextlib.suppress(signals.Stopped):
        trained(16, checkpoints=Checkpoints(Path(folder) / str(count), 1e9), stop=stop_after(1))
    np.savez(f"{folder}/{count}.npz", **arrays, devices=jax.device_count())


def end(processes):
    for process in processes:
        process.kill()
        process.wait()


def write_on_devices(folder, counts, flags):
    """Starts `write_losses_and_answers` in a process for each number of devices, under flags of XLA."""
    inherited = {name: value for name, value in os.environ.items() if name != "JAX_NUM_CPU_DEVICES"}
    return [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import jax, test_train;"
                f"jax.config.update('jax_num_cpu_devices', {count});"  # After those of `conftest`.
                f"test_train.write_losses_and_answers({str(folder)!r}, {count})",
            ],
            env={
                **inherited,
                "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests", Path(__file__).parent))),
                "XLA_FLAGS": flags,
            },
        )
        for count in counts
    ]


@pytest.fixture(scope="module")
def by_devices(tmp_path_factory):
    """What `write_losses_and_answers` writes on two and three devices."""
    folder = tmp_path_factory.mktemp("devices")
    processes = write_on_devices(folder, (3,), os.environ.get("XLA_FLAGS", ""))
    try:
        write_losses_and_answers(folder, 2)
        assert [process.wait(timeout=HANG) for process in processes] == [0]
    finally:
        end(processes)
    runs = {count: dict(np.load(folder / f"{count}.npz")) for count in (2, 3)}
    for count in runs:
        continued = trained(16, checkpoints=Checkpoints(folder / str(count), 1e9))
        assert continued.member_steps < 16 * 40
        runs[count]["losses of 16, continued on two devices"] = continued.train_loss
    assert [int(runs[count]["devices"]) for count in runs] == [2, 3]
    return runs


@pytest.mark.long
@pytest.mark.parametrize("what", ["losses", "losses on several curves", "answers"])
@pytest.mark.parametrize("devices", [2, 3])
def test_a_seed_is_the_same_in_any_company_on_any_devices(by_devices, devices, what):
    reference = by_devices[2][f"{what} of 16"]
    assert len(np.unique(reference, axis=0)) == 16
    for seeds in (1, 5, 16):
        np.testing.assert_array_equal(by_devices[devices][f"{what} of {seeds}"], reference[:seeds], strict=True)


@pytest.mark.long
@pytest.mark.parametrize("devices", [2, 3])
def test_a_training_continues_on_another_number_of_devices(by_devices, devices):
    reference = by_devices[2]["losses of 16"]
    np.testing.assert_array_equal(by_devices[devices]["losses of 16, continued on two devices"], reference, strict=True)


@pytest.mark.long
def test_a_seed_is_the_same_without_options_of_the_backend_too(tmp_path):
    processes = write_on_devices(tmp_path, (1, 2, 3), "")
    try:
        assert [process.wait(timeout=HANG) for process in processes] == [0, 0, 0]
    finally:
        end(processes)
    runs = [dict(np.load(tmp_path / f"{count}.npz")) for count in (1, 2, 3)]
    for what in ("losses", "answers"):
        reference = runs[0][f"{what} of 16"]
        for run in runs:
            for seeds in (1, 5, 16):
                np.testing.assert_array_equal(run[f"{what} of {seeds}"], reference[:seeds], strict=True)


@pytest.fixture(scope="module")
def networks():
    """Three networks after forty steps."""
    return trained()


def test_an_answer_is_the_same_whatever_else_is_asked(networks):
    reference = answering.answers(MODEL, networks.params, probe_curves(29))
    assert reference.shape == (3, 29, 20, 1)
    for count in (1, 3):
        answers = answering.answers(MODEL, networks.params, probe_curves(count))
        np.testing.assert_array_equal(answers, reference[:, :count], strict=True)
    later = answering.answers(MODEL, networks.params, probe_curves(29)[13:24])
    np.testing.assert_array_equal(later, reference[:, 13:24], strict=True)


def test_an_answer_is_the_same_whoever_else_is_asked(networks):
    reference = answering.answers(MODEL, networks.params, probe_curves(3))
    for chosen in ([2], [2, 0, 1, 1, 2]):
        params = jax.tree.map(lambda leaf, chosen=chosen: leaf[chosen], networks.params)
        np.testing.assert_array_equal(answering.answers(MODEL, params, probe_curves(3)), reference[chosen])


def test_answers_are_those_of_each_network_alone(networks):
    answers = answering.answers(MODEL, networks.params, probe_curves(3))
    for seed in range(3):
        params = jax.tree.map(lambda leaf, seed=seed: jnp.asarray(leaf[seed]), networks.params)
        alone = MODEL.apply({"params": params}, jnp.asarray(probe_curves(3)))
        np.testing.assert_allclose(answers[seed], alone, atol=1e-6)


@pytest.mark.parametrize(("points", "together"), [(40, 2), (10, 1), (160, 8)])
def test_many_and_long_curves_are_answered_in_pieces(networks, monkeypatch, points, together):
    params = jax.tree.map(lambda leaf: leaf[[0, 1, 2, 0, 1, 2, 0]], networks.params)
    reference = answering.answers(MODEL, params, probe_curves(7))
    monkeypatch.setattr(blocks, "GROUP_MEMBERS", 4)
    monkeypatch.setattr(answering, "POINTS", points)
    assert answering.curve_block(20) == together
    answers = answering.answers(MODEL, params, probe_curves(7), block=1)
    np.testing.assert_allclose(answers, reference, atol=1e-6)
    if together == answering.CURVE_BLOCK:
        np.testing.assert_array_equal(answers, reference)
    few = answering.answers(MODEL, params, probe_curves(7)[5:6], block=1)
    np.testing.assert_array_equal(few, answers[:, 5:6])


def test_groups_change_nothing(networks, monkeypatch):
    together = trained(9)
    monkeypatch.setattr(blocks, "GROUP_MEMBERS", 4)
    apart = trained(9)
    np.testing.assert_array_equal(apart.train_loss, together.train_loss)
    np.testing.assert_array_equal(apart.train_loss[:3], networks.train_loss)
    jax.tree.map(np.testing.assert_array_equal, apart.params, together.params)


def test_another_base_seed_is_another_population(networks):
    other = trained(base_seed=1)
    assert not np.isin(other.train_loss, networks.train_loss).any()
    for name in ("kernel", "recurrent_kernel", "bias"):
        assert (other.params["lstm_0"][name] != networks.params["lstm_0"][name]).any(axis=-1).all()


def short_sine():
    return supervision.reproduce("sine", {**SINE, "frequency": 10.0}, families.time_points(6))


def batches():
    x = families.time_points(6)
    return supervision.reproduce_curves(jnp.stack([x, 0.3 - 0.2 * x])[..., None], ("y",), 1)


SINE = {"amplitude": 0.3, "phase": 0.0, "offset": 0.3}


@pytest.mark.parametrize(
    ("make", "model", "options"),
    [
        (batches, Stack(1, (3,), gates="hard"), {"optimizer": "rmsprop_keras", "noise": 0.1, "base_seed": 7}),
        *rarely(
            (short_sine, Stack(1, (3,)), {"optimizer": "sgd"}),
            (short_sine, Stack(1, (3, 2), "dense"), {"optimizer": "momentum"}),
            (batches, Stack(1, (3,)), {"optimizer": "rmsprop"}),
            (batches, Stack(1, (3,)), {"optimizer": "adam"}),
        ),
    ],
)
def test_the_engine_computes_what_the_reference_does(make, model, options):
    task = make()
    options = {"steps": 4, "learning_rate": 0.01, **options}
    with jax.numpy_dtype_promotion("standard"), jax.numpy_rank_promotion("allow"):
        networks = train.train(task, model, seeds=3, **options)
        losses, params = reference.train(task, model, seed=2, **options)
    np.testing.assert_allclose(networks.train_loss[2], losses[networks.steps], rtol=1e-4)
    # RMSprop and Adam make a step of full size of a gradient that is all rounding.
    atol = 2e-5 if options["optimizer"] in ("sgd", "momentum") else 2e-4
    jax.tree.map(lambda ours, its: np.testing.assert_allclose(ours[2], its, atol=atol), networks.params, params)


@pytest.mark.parametrize(
    "model",
    [*rarely(Stack(1, (6,), gates="hard"), Stack(1, (6,), cell="gru")), Stack(1, (6,), "dense", cell="rnn")],
    ids=repr,
)
def test_every_cell_learns_and_is_the_same_in_any_company(model):
    few, more = (train.train(sine_task(), model, seeds=seeds, steps=40, learning_rate=0.1) for seeds in (2, 5))
    np.testing.assert_array_equal(few.train_loss, more.train_loss[:2])
    assert len(np.unique(more.train_loss[:, -1])) == 5
    assert (more.train_loss[:, -1] < 0.9 * more.train_loss[:, 0]).all()


OPEN = {"momentum": [0.0, 0.9], "decay": [0.8, 0.99], "amplitude": [0.2, 0.4], "noise": [0.0, 0.1]}


def open_task():
    parameters = {"amplitude": "amplitude", "frequency": 10.0, "phase": 0.0, "offset": "amplitude"}
    return supervision.reproduce("sine", parameters, families.time_points(20))


@pytest.mark.parametrize(
    ("optimizer", "name"),
    [
        *rarely(("momentum", "momentum"), ("adam", "momentum"), ("rmsprop", "decay"), ("adam", "decay")),
        *rarely(("sgd", "noise"), ("sgd", "amplitude")),
    ],
)
def test_members_under_several_settings_are_those_of_their_own_populations(optimizer, name):
    """Bitwise: one program for both settings, against one population for each."""
    task, values = open_task(), OPEN[name]

    def trained_on(seeds, value):
        options = {"steps": 20, "learning_rate": 0.01, "optimizer": optimizer, "numbers": {"amplitude": 0.3}}
        options |= {"numbers": {name: value}} if name == "amplitude" else {name: value}
        with jax.numpy_dtype_promotion("standard"):  # Optax's Adam mixes types.
            return train.train(task, MODEL, seeds=seeds, **options)

    both = trained_on(np.tile(np.arange(3), 2), np.repeat(values, 3))
    for number, value in enumerate(values):
        alone = trained_on(3, value)
        mine = slice(3 * number, 3 * number + 3)
        np.testing.assert_array_equal(both.train_loss[mine], alone.train_loss)
        jax.tree.map(lambda a, b, m=mine: np.testing.assert_array_equal(a[m], b), both.params, alone.params)
    assert (both.train_loss[:3, -1] != both.train_loss[3:, -1]).all()


@pytest.mark.parametrize("numbers", [None, {"frequency": 1.0}, {"amplitude": 0.3, "frequency": 1.0}])
def test_other_training_numbers_than_the_task_has_are_refused(numbers):
    with pytest.raises(ValueError, match=r"takes the training numbers \['amplitude'\], not"):
        train.train(open_task(), MODEL, seeds=1, steps=1, learning_rate=0.1, numbers=numbers)


def test_noise_is_on_the_inputs_alone_and_a_seeds_own():
    amplitude = {"amplitude": jnp.float32(0.3)}
    hyper = Hyper(*np.array([0.1, 0, 0, 0.5], np.float32), numbers=amplitude)
    clean = open_task().examples(jax.random.key(0), amplitude)
    noise = []
    for seed in range(2):
        key = training.seed_key(jnp.uint32(0), jnp.uint32(seed))
        noisy = training.training_set(open_task(), key, hyper)
        np.testing.assert_array_equal(noisy.targets, clean.targets)
        noise.append(np.asarray(noisy.inputs - clean.inputs))
    assert 0.3 < np.std(noise) < 0.7
    assert (noise[0] != noise[1]).all()


def test_several_step_budgets_are_one_training_read_several_times(monkeypatch):
    """Bitwise, also where a training is cut by the end of a group."""
    monkeypatch.setattr(blocks, "GROUP_MEMBERS", 4)
    curves = np.linspace(0, 1, 40, dtype=np.float32).reshape(2, 20, 1)
    budgets = trained(11, steps=(7, 0, 40), curves={40: curves, 7: curves[:1]})
    assert list(budgets.states) == [0, 7, 40]
    for steps, answers in budgets.answers.items():
        params = budgets.states[steps].params
        each = answering.answers(MODEL, params, curves, block=budgets.block)
        np.testing.assert_array_equal(answers, each if steps == 40 else each[:, :1])
    assert budgets.answers.keys() == {7, 40}
    for steps, state in budgets.states.items():
        alone = trained(11, steps=steps)
        jax.tree.map(np.testing.assert_array_equal, state, alone.states[steps])
        np.testing.assert_array_equal(budgets.train_loss[:, budgets.steps == steps], alone.train_loss[:, -1:])
    jax.tree.map(np.testing.assert_array_equal, budgets.params, budgets.states[40].params)


def test_no_steps_leave_networks_as_they_are_initialized():
    networks = trained(2, steps=0)
    key = training.purpose_key(training.seed_key(jnp.uint32(0), jnp.uint32(1)), "parameters")
    curve = sine_task().examples(key, {}).inputs
    params = MODEL.init(key, curve)["params"]
    jax.tree.map(lambda ours, alone: np.testing.assert_allclose(ours[1], alone, atol=1e-6), networks.params, params)
    assert networks.train_loss.shape == (2, 1)
    assert not networks.diverged.any()


@pytest.mark.long
def test_every_seed_may_have_examples_of_its_own():
    x = families.time_points(20)

    def examples(key, _):
        curves = families.FAMILIES["line"].curves(x, families.FAMILIES["line"].draw(key, 2))[:, :, None]
        return supervision.Examples(curves, 1 - curves)

    task = dataclasses.replace(sine_task(), examples=examples)
    networks = train.train(task, MODEL, seeds=3, steps=1, learning_rate=1e-20)
    targets = []
    for seed in range(3):
        key = training.purpose_key(training.seed_key(jnp.uint32(0), jnp.uint32(seed)), "examples")
        targets.append(examples(key, None).targets)
        params = jax.tree.map(lambda leaf, seed=seed: jnp.asarray(leaf[seed]), networks.params)
        answers = MODEL.apply({"params": params}, examples(key, None).inputs)
        expected = np.mean(np.square(answers - targets[-1]))
        np.testing.assert_allclose(networks.train_loss[seed], [expected, expected], rtol=1e-5)
    assert len(np.unique(targets, axis=0)) == 3


def test_progress_is_shown_if_it_is_asked_for(capsys):
    shown, quiet = trained(3, progress=True), trained(3)
    told = capsys.readouterr().out
    assert told.startswith("training: 3 networks, 40 steps\n")
    assert "training: step 40/40" in told
    jax.tree.map(np.testing.assert_array_equal, shown.params, quiet.params)
    with pytest.raises(ValueError, match="give one of the two"):
        trained(3, progress=True, monitor=print)


@pytest.mark.long
def test_the_monitor_is_told_of_every_recorded_step(monkeypatch):
    monkeypatch.setattr(blocks, "GROUP_MEMBERS", 4)
    told = []
    networks = trained(11, steps=7, monitor=lambda *what: told.append(what))
    assert [step for step, _, _ in told] == [*range(8), *range(8)]
    assert {len(losses) for _, losses, _ in told[:8]} == {8}
    assert {len(losses) for _, losses, _ in told[8:]} == {3}
    np.testing.assert_array_equal(networks.train_loss[:8].T, [losses for _, losses, _ in told[:8]])
    np.testing.assert_array_equal(networks.train_loss[8:].T, [losses for _, losses, _ in told[8:]])
    assert all(sound.all() for _, _, sound in told)


RATES = np.array([0.1, 1e6, 0.1, 0.1, 1e30, 0.1], np.float32)


def test_a_diverging_member_leaves_the_others_alone():
    """Bitwise, although they share a block."""
    mixed, reference = trained(6, learning_rate=RATES), trained(6)
    np.testing.assert_array_equal(mixed.diverged, RATES > 1)
    calm = RATES < 1
    np.testing.assert_array_equal(mixed.train_loss[calm], reference.train_loss[calm])
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a[calm], b[calm]), mixed.params, reference.params)


@pytest.mark.long
def test_the_last_sound_state_of_a_diverged_seed_is_kept():
    networks, start = trained(6, learning_rate=RATES), trained(6, steps=1, learning_rate=1e-20)
    np.testing.assert_array_equal(networks.sound_steps, np.where(networks.diverged, 0, 40))
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a[1], b[1], rtol=1e-6, atol=1e-12), networks.params, start.params
    )
    assert not trained().diverged.any()


@pytest.mark.parametrize(
    ("first_loss", "spoil", "sound"),
    [
        (np.inf, lambda leaf: leaf, True),
        (0.0, lambda leaf: leaf, False),
        (np.inf, lambda leaf: leaf.at[0].set(jnp.nan), False),
        (np.inf, lambda leaf: leaf.at[0].set(jnp.inf), False),
        (np.inf, lambda leaf: leaf.at[0].set(-1001.0), False),
        (np.inf, lambda leaf: leaf.at[0].set(999.0), True),
    ],
    ids=["well", "worse than untrained", "nan", "infinite", "beyond the limit", "at the limit"],
)
def test_a_network_is_sound_while_it_is_no_worse_than_untrained_and_bounded(first_loss, spoil, sound):
    task = sine_task()
    member = training.init(
        task, MODEL, "sgd", jax.random.key(0), Hyper(*np.array([0.1, 0, 0, 0], np.float32), numbers={})
    )
    params = jax.tree.map(lambda leaf: leaf, member.params)
    params["lstm_0"]["bias"] = spoil(params["lstm_0"]["bias"])
    spoiled = member._replace(params=params, sound=member.sound._replace(first_loss=jnp.float32(first_loss)))
    after, record = training.record(MODEL, spoiled, jnp.int32(7))
    assert record.sound == sound
    assert after.sound.step == (7 if sound else 0)
    expected = params if sound else member.params
    jax.tree.map(np.testing.assert_array_equal, after.sound.params, expected)


def test_a_training_may_end_with_the_first_seed_that_diverges():
    with pytest.raises(train.Diverged) as error:
        trained(6, learning_rate=RATES, on_divergence="stop")
    assert error.value.args == ([1, 4], 40)


@pytest.mark.parametrize(
    ("loss", "sound", "last", "diverged"),
    [
        ([1, 1, 1], [True, True, True], False, [False, False, False]),
        ([2, np.nan, 2], [False, False, False], False, [False, True, False]),
        ([0.5, np.nan, 2], [True, False, False], True, [False, True, True]),
    ],
)
def test_a_member_has_diverged_for_good_at_its_last_record_or_without_a_loss(loss, sound, last, diverged):
    reached = group.Reached(range(3), 2, np.ones(3), np.array(loss, float), np.array(sound), last)
    assert reached.diverged.tolist() == diverged


def stop_after(calls):
    """Says yes when it has been asked that many times."""
    left = iter(range(calls))
    return lambda: next(left, None) is None


@pytest.mark.parametrize(("optimizer", "group_members"), [*rarely(("sgd", 64)), ("momentum", 4)])
def test_a_stopped_training_continues_to_the_same_bits(tmp_path, monkeypatch, optimizer, group_members):
    """Stopped after one call, two calls, and so on, until it is through."""
    monkeypatch.setattr(blocks, "GROUP_MEMBERS", group_members)
    options = {"seeds": 11, "steps": 20, "optimizer": optimizer, "learning_rate": 0.01, "frames": 5}
    whole = trained(**options)
    monkeypatch.setattr(group, "CALL_SECONDS", 0.0)  # So that every call is of one step.
    for calls in range(1, 100):
        checkpoints = Checkpoints(tmp_path / "checkpoints", 1e9)
        try:
            continued = trained(**options, checkpoints=checkpoints, stop=stop_after(6 * calls))
            break
        except signals.Stopped:
            assert len(list((tmp_path / "checkpoints").iterdir())) <= 4
    assert calls > 2
    assert continued.member_steps < 11 * 20
    for name in ("train_loss", "train_rmse", "sound_steps", "frames"):
        np.testing.assert_array_equal(getattr(continued, name), getattr(whole, name), strict=True)
    jax.tree.map(np.testing.assert_array_equal, continued.params, whole.params)


def test_what_is_finished_keeps_no_state_of_the_optimizer_and_compiles_nothing(tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path / "checkpoints", 1e9)
    networks = trained(optimizer="momentum", checkpoints=checkpoints)
    (path,) = (tmp_path / "checkpoints").iterdir()
    assert not [name for name in np.load(io.BytesIO(path.read_bytes().partition(b"\n")[2])) if "member" in name]
    monkeypatch.setattr(programs, "compile_programs", None)
    again = trained(optimizer="momentum", checkpoints=checkpoints)
    assert again.member_steps == 0
    jax.tree.map(np.testing.assert_array_equal, again.states, networks.states)


def test_who_trained_what_is_recorded_after_a_continuation_too(tmp_path, monkeypatch):
    folder, own, fingerprints = tmp_path / "checkpoints", train.devices.fingerprint, []
    for processor in ("other", "own"):
        monkeypatch.setattr(
            train.devices, "fingerprint", lambda block, name=processor: own(block) | {"processor": name}
        )
        checkpoints = Checkpoints(folder, 1e9, lambda _: None)
        specified = specify(sine_task(), MODEL, seeds=3, steps=40, learning_rate=0.1)
        training = train.Training(*specified, checkpoints=checkpoints)
        training.population()
        fingerprints.insert(0, training.fingerprints[0])
    assert training.fingerprints == fingerprints
    assert (training.executed == 1).all()


def test_curves_are_shown_after_steps_that_are_kept():
    with pytest.raises(ValueError, match="not after 3"):
        trained(steps=(2, 4), curves={3: np.zeros((1, 20, 1), np.float32)})


def test_the_checkpoint_of_another_training_is_refused(tmp_path):
    checkpoints = Checkpoints(tmp_path / "checkpoints", 1e9)
    with pytest.raises(signals.Stopped):
        trained(checkpoints=checkpoints, stop=stop_after(1))
    with pytest.raises(Damaged, match="another training"):
        trained(checkpoints=checkpoints, optimizer="momentum")


def test_a_call_between_records_changes_nothing(monkeypatch):
    monkeypatch.setattr(specification, "RECORDS", 4)
    whole = trained()
    monkeypatch.setattr(group, "CALL_SECONDS", 0.0)
    asked = []
    split = trained(stop=lambda: asked.append(1))
    assert len(asked) >= 40
    np.testing.assert_array_equal(split.train_loss, whole.train_loss)
    jax.tree.map(np.testing.assert_array_equal, split.params, whole.params)


@given(st.integers(1, 2**31 - 1))
def test_recorded_steps_span_the_training(steps):
    recorded = specification.recorded_steps([steps])
    assert recorded[0] == 0
    assert recorded[-1] == steps
    assert (np.diff(recorded) > 0).all()
    assert len(recorded) <= 201
    assert len(set(np.diff(recorded)[:-1])) <= 1


@given(st.integers(1, 2_000), st.integers(1, 9), st.integers(1, 5), st.integers(1, 5))
def test_groups_hold_every_member_once(members, block, begun_on, devices):
    """Also where a training is continued with another number of devices."""
    size = blocks.group_size(members, block, begun_on)
    assert size <= begun_on * max(blocks.GROUP_MEMBERS, block)
    groups = list(blocks.groups(members, size, block, devices))
    assert len({group.shape for group in groups}) == 1
    assert groups[0].shape[0] % devices == 0
    assert groups[0].shape[1] == block
    flat = np.concatenate([group.ravel()[:size] for group in groups])
    np.testing.assert_array_equal(flat, np.arange(len(flat)))
    assert members <= len(flat)
