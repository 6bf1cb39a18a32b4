"""How long memories last, and what may order these times: against plain loops and whole Hessians."""

import json
from functools import partial
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import lstm_toys as lt
from conftest import ROOT, carry_out, initialized, rarely
from experiments.research.longevity import __main__ as longevity
from experiments.research.longevity import hypotheses, measurements
from experiments.research.longevity.figures import longevity as figure_of
from experiments.research.papers import figures, memory, networks
from lstm_toys.cli import command


@pytest.fixture
def short(monkeypatch):
    """Memories are asked for thirty steps."""
    monkeypatch.setattr(measurements, "CENSORED", 30)
    monkeypatch.setattr(measurements, "EARLY", 10)


def drawn(cell, count=5, scale=3.0, width=4):
    model = lt.Stack(features=3, hidden=(width,), cell=cell, readout="dense")
    return model, initialized(model, count, features=3, scale=scale)


@pytest.mark.usefixtures("short")
def test_a_memory_lasts_until_the_first_wrong_bit_of_any_of_the_eight():
    model, params = drawn("lstm")
    shown = measurements.memories(30)
    bits = np.asarray(shown.targets)[:, -1] > 0.5
    for found, answers in zip(
        measurements.lifetimes(lt.Networks(model, params)),
        np.asarray(lt.answers((model, params), shown.inputs)),
        strict=True,
    ):
        expected = 0
        while expected < 30 and ((answers[:, memory.BEFORE + expected] > 0) == bits).all():
            expected += 1
        assert found == expected


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("cell", ["lstm", *rarely("gru")])
def test_gates_are_open_and_saturated_and_states_drift_as_along_the_answers(cell):
    model, params = drawn(cell)
    inputs = np.asarray(measurements.memories(10).inputs)
    states, layer = lt.states((model, params), inputs)[f"{cell}_0"], params[f"{cell}_0"]
    before = np.pad(states["hidden"], ((0, 0), (0, 0), (1, 0), (0, 0)))[:, :, :-1]
    drive = np.einsum("ctf,sfk->sctk", inputs, layer["kernel"])
    drive += np.einsum("scth,shk->sctk", before, layer["recurrent_kernel"])
    drive += layer["bias"].reshape(5, -1, drive.shape[-1]).sum(axis=1)[:, None, None]
    starts = (0, 4, 12) if cell == "lstm" else (0, 4)
    opened = 1 / (1 + np.exp(-np.stack([drive[..., start : start + 4] for start in starts], axis=-2)))
    made, late = lt.Networks(model, params), slice(memory.BEFORE, None)
    np.testing.assert_allclose(networks.gates(made, f"{cell}_0", states["hidden"], inputs), opened, atol=1e-5)
    inside = measurements.inside(made)
    saturated = ((opened < 0.05) | (opened > 0.95))[:, :, late].mean(axis=(1, 2, 3, 4))
    np.testing.assert_allclose(inside[hypotheses.SATURATION], saturated, atol=2e-3)
    moved = np.diff(np.concatenate([*states.values()], axis=-1)[:, :, late], axis=2)
    np.testing.assert_allclose(
        inside[hypotheses.SPEED], np.linalg.norm(moved[:, :, 5:], axis=-1).mean(axis=(1, 2)), rtol=1e-5
    )


@pytest.mark.long
def test_sharpness_is_the_largest_eigenvalue_of_the_scaled_hessian():
    model, params = drawn("lstm", count=2, scale=1.0, width=2)
    found = measurements.sharpness(lt.Networks(model, params), iterations=200)
    made, size = measurements.validation(), memory.SEQUENCES
    _, restored = jax.flatten_util.ravel_pytree(jax.tree.map(lambda leaf: leaf[0], params))

    @jax.jit
    def gradient(weights, inputs, targets):
        def loss(weights):
            logits = model.apply({"params": restored(weights)}, inputs)
            return optax.sigmoid_binary_cross_entropy(logits, targets).mean()

        return jax.grad(loss)(weights)

    for seed in range(2):
        flat = jax.flatten_util.ravel_pytree(jax.tree.map(lambda leaf, seed=seed: leaf[seed], params))[0]
        batches = [slice(4 * k, 4 * k + size) for k in range(7)]
        squares = np.mean([np.square(gradient(flat, made.inputs[own], made.targets[own])) for own in batches], axis=0)
        scale = (squares + 1e-8) ** -0.25
        half = made.inputs[: 2 * size], made.targets[: 2 * size]
        steps = 1e-2 * np.eye(len(flat), dtype=np.float32)
        columns = [(gradient(flat + step, *half) - gradient(flat - step, *half)) / 2e-2 for step in steps]
        hessian = (np.array(columns) + np.array(columns).T) / 2
        values = np.linalg.eigvalsh(scale[:, None] * hessian * scale)
        assert found[seed] == pytest.approx(values[np.abs(values).argmax()], rel=2e-2)


@pytest.mark.usefixtures("promoting")
def test_a_rate_is_warmed_up_decays_and_changes_at_its_step():
    numbers = {"warm": 4.0, "decay": 0.05, "switch": 6.0, "factor": 0.5}
    state = measurements.OPTIMIZERS["Adam"].init(jnp.zeros(1))
    state = state._replace(hyperparams={"learning_rate": jnp.float32(0.2)} | jax.tree.map(jnp.float32, numbers))
    for step in range(10):
        moved, state = measurements.OPTIMIZERS["Adam"].update(jnp.ones(1), state, jnp.zeros(1))
        rate = 0.2 * min(1, (step + 1) / 4) * (1 - 0.05 * step) * (0.5 if step >= 6 else 1)
        assert float(moved[0]) == pytest.approx(-rate, rel=1e-4)  # Of equal gradients, Adam moves by the rate.


@pytest.mark.long
@pytest.mark.usefixtures("short", "promoting")
def test_networks_that_change_their_rate_are_switched_when_they_have_learned_as_much(monkeypatch):
    monkeypatch.setattr(measurements, "trained", partial(measurements.trained, steps=20))
    for name, value in {"LEARNED": 0.3, "MATCHED": 0.6}.items():
        monkeypatch.setattr(measurements, name, value)
    found = measurements.switches("gru", base_seed=1, count=3)
    assert [*found] == ["0.1, then 0.01", "0.01, then 0.1"]
    for own in found.values():
        assert own["networks"] + own["diverged"] == len(own["switched after"]) <= 3
        assert all(0 < step <= 20 for step in own["switched after"])
        assert all(len(own[each]) == own["learned"] for each in (hypotheses.LIFETIME, *hypotheses.QUANTITIES))


def test_valleys_are_those_of_the_networks_that_learned(world, monkeypatch):
    run = SimpleNamespace(folder=world("sine").run)
    results = lt.load(run.folder).results
    errors = results.training.train_rmse.values[:, -1, 0]
    for learned in (errors <= np.median(errors), errors < 0):
        told = SimpleNamespace(results=results.assign(learned=results.learned.copy(data=learned)))
        monkeypatch.setattr(lt, "load", lambda _, told=told: told)
        found = measurements.valleys(run)
        assert found["of"] == 3
        assert len(found["numbers"]) <= learned.sum()
        assert found["error"] == pytest.approx(np.median(errors[learned]) if learned.any() else np.nan, nan_ok=True)


def lasting_about(steps, seeds=8):
    """Networks of which all learned and keep memories for about so many steps."""
    lives = steps + np.arange(float(seeds))
    numbers = {hypotheses.LIFETIME: lives, **dict.fromkeys(hypotheses.QUANTITIES, lives)}
    return {"networks": seeds, "diverged": 0, "learned": seeds, "loss": 0.1} | {k: [*v] for k, v in numbers.items()}


def test_the_command_tells_what_the_rate_chooses(tmp_path, capsys, monkeypatch):
    def several(*_, less=1, rates=hypotheses.RATES, **__):
        lasting = {rate: 900 if less == 3 else 20_000 if rate == 0.01 else 50 for rate in rates}
        return {f"{rate:g}": lasting_about(steps) for rate, steps in lasting.items()}

    monkeypatch.setattr(longevity, "several", several)
    switched = {"0.1, then 0.01": lasting_about(700), "0.01, then 0.1": lasting_about(80)}
    monkeypatch.setattr(longevity, "switches", lambda *_: switched)
    monkeypatch.setattr(longevity, "SINE", {})
    assert carry_out(longevity.longevity, ["--seeds=8", f"--results_dir={tmp_path}"]) == 0
    assert "the early rate selects" in capsys.readouterr().out
    (metrics,) = (json.loads(path.read_text()) for path in (tmp_path / "runs").glob("longevity-*/metrics.json"))
    supported = {words for words, each in metrics["numbers"]["verdicts"].items() if each["supported"]}
    for cell in ("LSTM", "GRU"):
        assert f"{cell}: the rate chooses how many networks keep for 10,000 steps" in supported
        assert f"{cell}: a third of the rate for three times the steps keeps longer" in supported
        assert f"{cell}: the early rate selects: first 0.01, then 0.1 keeps longer" not in supported


def test_a_correlation_needs_enough_networks_that_differ_and_predicts_on_the_side_of_the_median():
    n = np.arange(10.0)
    own = {hypotheses.LIFETIME: n.tolist()}
    falls, rises = (hypotheses.correlation({**own, "speed": [*each]}, "speed") for each in (-n, n))
    assert [*falls.values(), *rises.values()] == [10, -1, -1, -1, 10, 1, 1, 1]
    assert hypotheses.correlation({"speed": [*n], hypotheses.LIFETIME: [50.0] * 10}, "speed")["value"] is None
    unknown = hypotheses.correlation({**own, "speed": [None] * 3 + [1.0] * 7}, "speed")
    assert unknown["networks"] == 7
    assert hypotheses.predicts([falls, unknown]) == {"recipes": 1, "count": 1, "median": -1.0, "supported": True}
    assert not hypotheses.predicts([{"value": 0.4, "low": 0.1, "high": 0.7}])["supported"]


def test_what_is_published_is_judged_told_and_drawn(tmp_path):
    asked = command.only(command.plan(longevity.longevity, [f"--results_dir={tmp_path}"]))
    metrics = json.loads((ROOT / "results" / "longevity" / "metrics.json").read_text())["numbers"]
    found = dict(hypotheses.verdicts(metrics["populations"], metrics["sine"]))
    assert json.loads(json.dumps(found)) == metrics["verdicts"]
    told = [each for each in asked.subject.report(metrics) if isinstance(each, str)]
    for words, each in found.items():
        said = "supported" if each["supported"] else "not supported"
        assert any(line.startswith(f"{words}: {said} (") for line in told)
    assert [*asked.subject.draw(metrics, {})] == ["longevity.png"]


def test_lines_are_shares_of_networks_that_last_and_have_their_labels_apart_at_their_ends():
    lives = {"short": [1.0, 2, None, 4], "long": [5.0] * 4, "as long": [5.0] * 4}
    lines = {label: (numbers, lt.figures.COLORS["b"]) for label, numbers in lives.items()}
    with lt.figures.canvas("", size=(4.0, 3.0)) as (_, (axes,)):
        figures.survival(axes, lines, np.arange(1.0, 6))
    steps = [line.get_ydata() for line in axes.lines]
    np.testing.assert_allclose(steps, [[75, 50, 25, 25, 0], [100] * 5, [100] * 5])
    assert {text.get_text(): text.xy for text in axes.texts} == {"long": (5, 100), "as long": (5, 100), "short": (5, 0)}
    heights = {text.get_text(): text.xyann[1] for text in axes.texts}
    assert heights == {"long": 100 + figures.APART / 2, "as long": 100 - figures.APART / 2, "short": 0}


def test_no_line_is_drawn_of_a_rate_at_which_none_learned():
    metrics = json.loads((ROOT / "results" / "longevity" / "metrics.json").read_text())["numbers"]
    for panel, cell in zip(figure_of(metrics).axes, ("LSTM", "GRU"), strict=True):
        counts = {
            rate: metrics["populations"][f"{cell}, RMSprop, constant, {rate:g}"]["learned"] for rate in hypotheses.RATES
        }
        labels = [text.get_text() for text in panel.texts]
        assert {*labels} == {f"rate {rate:g} ({count} of 16 learned)" for rate, count in counts.items() if count}
        assert len(panel.lines) == len(labels) + 1
        assert panel.get_title().endswith("(none at the rate 0.3)") == (counts[0.3] == 0)
