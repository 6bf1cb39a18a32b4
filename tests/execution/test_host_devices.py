"""Eight devices of one host compute the bits that two do; `test_train.py` says so of trainings on up to three."""

import numpy as np
import pytest

import lstm_toys as lt
from conftest import process

COMPUTE = """
import sys
import jax
import numpy as np
import lstm_toys as lt

lt.configure()
x, curves = lt.time_points(20), np.random.default_rng(0).uniform(size=(9, 20, 1)).astype(np.float32)
lines = {"slope": np.array([0.5, -0.2, 0.1]), "intercept": 0.1}

def drawn(key):
    inputs = jax.random.normal(key, (11, 20, 1))
    return lt.Examples(inputs, 0.5 * inputs)

def error(trials):
    return ((trials.answer - trials.truth) ** 2).mean(("curve", "time", "feature"))

task, model = lt.reproduce("line", lines, x), lt.Stack(1, (4,), gates="hard")
networks = lt.train(task, model, seeds=11, steps=20, learning_rate=0.1)
claim = lt.claims.Claim("error", "Noise", "error", error, (lt.claims.Source("line", drawn),), high=1.0)
judged = lt.claims.judge(claim, {"line": networks.results}, networks={"line": networks})
alone = lt.rollout(networks, curves, 30)
few = networks[:5]  # Fewer than devices.
visited = lt.states(few, curves)
np.savez(
    sys.argv[1],
    devices=jax.device_count(),
    losses=networks.results.training.train_loss,
    answers=lt.answers(networks, curves),
    states=visited["lstm_0"]["cell"],
    rollout=alone.answers,
    draws=judged.number,
    units=lt.dynamics.intervene(networks, curves, "lstm_0", [0, 2], hold=0.1, start=3, stop=9),
    gates=lt.dynamics.intervene(networks, curves, "lstm_0", [1], gate="forget", hold=0.5),
    mode=lt.dynamics.turn_mode(few, curves, factor=1.2),
    points=lt.dynamics.slow_points(few, visited, np.array([[0.1], [0.4]]), starts=6).state,
)
"""

SWEEP = ["-m", "lstm_toys", "sweep", "--task=sine", "--grid=learning_rate=0.03 0.1", "--seeds=5", "--steps=20"]


@pytest.mark.long
def test_eight_devices_compute_the_bits_of_two(tmp_path):
    """Sweeps, answers, states, rollouts, draws of claims, interventions and dynamics, in runs of the same name."""
    made, swept = [], []
    for count in (2, 8):
        folder = tmp_path / str(count)
        folder.mkdir()
        flags = {"XLA_FLAGS": f"--xla_force_host_platform_device_count={count}"}
        environment = {"unset": "JAX_NUM_CPU_DEVICES", "env": flags}
        process("-c", COMPUTE, folder / "made.npz", **environment)
        made.append(dict(np.load(folder / "made.npz")))
        told = process(*SWEEP, f"--results_dir={folder}", **environment).stdout
        assert f"{count} x cpu" in told
        (run,) = (folder / "runs").iterdir()
        swept.append((run.name, lt.load_results(run / "results.nc")))
    assert [int(each.pop("devices")) for each in made] == [2, 8]
    for name, (two, eight) in {each: [both[each] for both in made] for each in made[0]}.items():
        np.testing.assert_array_equal(eight, two, strict=True, err_msg=name)
        assert len(np.unique(two[np.isfinite(two).reshape(len(two), -1).all(axis=1)], axis=0)) > 1, name
    assert swept[0][0] == swept[1][0]
    assert swept[0][1].identical(swept[1][1])
