"""Small trainings over cells, optimizers and kinds of task, and the digests of all that they compute.

``python -m tests.golden.cases`` prints the digests of the present processor and versions as JSON, and with ``--write``
records them in ``digests.json`` under the versions of JAX and NumPy. Names of cases after that compute these alone.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path

import lstm_toys as lt

lt.fix_numpy()

import flax.linen as nn  # noqa: E402
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

lt.configure()

DIGESTS = Path(__file__).with_name("digests.json")

ONE = {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}
SIX = {**ONE, "amplitude": np.linspace(0.05, 0.3, 6)}


class Leaky(lt.RNN):
    """A leaky recurrent network, as users write cells."""

    @nn.compact
    def __call__(self, inputs):
        """Returns the states after every time point."""
        kernel = self.param("kernel", nn.initializers.glorot_uniform(), (inputs.shape[-1], self.units))
        recurrent_kernel = self.param("recurrent_kernel", lt.orthogonal, (self.units, self.units))

        def step(state, drive):
            state = 0.9 * state + 0.1 * jnp.tanh(drive @ kernel + state @ recurrent_kernel)
            return state, state

        start = self.initial("hidden", inputs, kernel)
        return jnp.swapaxes(jax.lax.scan(step, start, jnp.swapaxes(inputs, 0, 1))[1], 0, 1)


def sines(parameters, **options):
    """The task of one sine, or of several."""
    return lt.reproduce("sine", parameters, lt.time_points(30), **options)


def bits(key, _):
    """Fresh examples of a flip-flop."""
    return lt.sequences.flip_flop(key, length=20, count=4)


BITS = ("1", "2", "3")
FLIP_FLOP = lt.Task(bits, BITS, BITS, sequence=True, fresh=True)
LEAKY = f"{Leaky.__module__}:Leaky"

CASES = {
    "lstm, one curve, sgd": (sines(ONE), lt.Stack(1, (32,)), {"learning_rate": 0.5}),
    "hard lstm, one curve, rmsprop_keras": (
        sines(ONE),
        lt.Stack(1, (32,), gates="hard"),
        {"learning_rate": 0.001, "optimizer": "rmsprop_keras"},
    ),
    "gru, six curves, rmsprop": (
        sines(SIX),
        lt.Stack(1, (32,), cell="gru"),
        {"learning_rate": 0.003, "optimizer": "rmsprop"},
    ),
    "vanilla, six curves, adam": (
        sines(SIX),
        lt.Stack(1, (32,), cell="rnn"),
        {"learning_rate": 0.003, "optimizer": "adam"},
    ),
    "user's cell, dense readout, momentum": (
        sines(SIX),
        lt.Stack(1, (16,), cell=LEAKY, readout="dense"),
        {"learning_rate": 0.03, "optimizer": "momentum"},
    ),
    "two layers, batches": (sines(SIX, batch=2), lt.Stack(1, (32, 4)), {"learning_rate": 0.003, "optimizer": "adam"}),
    "96 units, dense readout, fresh examples": (
        FLIP_FLOP,
        lt.Stack(3, (96,), readout="dense"),
        {"learning_rate": 0.003, "optimizer": "rmsprop", "steps": 10},
    ),
    "4 units, a sweep of rates, noise": (
        sines(ONE),
        lt.Stack(1, (4,), gates="hard"),
        {"seeds": [0, 1, 0, 1], "learning_rate": [0.1, 0.1, 0.5, 0.5], "noise": 0.01},
    ),
}


def computed(names=tuple(CASES)):
    """The digests of parameters, losses, answers and limits of some cases."""
    return {name: digests(*CASES[name]) for name in names}


def digests(task, model, options):
    """Trains networks, and digests all that they compute; of few units also from other states, and limits."""
    networks = lt.train(task, model, **{"seeds": 2, "steps": 20, **options})
    features = len(task.input_features)
    curves = np.random.default_rng(0).uniform(-1, 1, (3, 30, features)).astype(np.float32)
    found = {
        "parameters": networks.digests,
        "losses": networks.results.training.train_loss.values,
        "answers": lt.answers(networks, curves),
    }
    if model.widths[0] < 8:
        states = lt.states(networks, curves)
        last = {layer: {name: values[:, :, -1] for name, values in every.items()} for layer, every in states.items()}
        found["answers from other states"] = lt.answers(networks, curves, initial=last)
        limits = lt.dynamics.rest(networks, states, np.full((1, features), 0.3), starts=4)
        table = limits._replace(settings=None).to_dataframe()  # Without settings, which are not computed.
        found["limits, in double precision"] = table.to_json(double_precision=15)
    return {name: sha256(value_bytes(each)).hexdigest()[:16] for name, each in found.items()}


def value_bytes(value):
    """The bytes of an array, or of text."""
    return value.tobytes() if isinstance(value, np.ndarray) else json.dumps(value).encode()


def versions():
    """What bits depend on besides the kind of processor."""
    return f"jax {jax.__version__}, numpy {np.__version__}"


if __name__ == "__main__":
    arguments = sys.argv[1:]
    made = computed([each for each in arguments if each != "--write"] or CASES)
    if "--write" in arguments:
        known = json.loads(DIGESTS.read_text()) if DIGESTS.exists() else {}
        DIGESTS.write_text(json.dumps({**known, versions(): made}, indent=1) + "\n")
    print(json.dumps(made, indent=1))
