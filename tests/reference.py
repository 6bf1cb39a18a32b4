"""What the engine computes, written as plainly as possible: one LSTM network, one step after another.

No `vmap`, no `scan`, no derivative written by hand. The initial parameters, the noise and the order of the curves are
drawn from the seed's keys, as the engine draws them.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import plain_cells

PURPOSES = {"parameters": 0, "examples": 1, "order": 2, "noise": 3, "validation": 4}
OPTIMIZERS = {
    "sgd": lambda rate: optax.sgd(rate),
    "momentum": lambda rate: optax.sgd(rate, 0.9),
    "rmsprop": lambda rate: optax.rmsprop(rate, 0.9),
    "rmsprop_keras": lambda rate: optax.rmsprop(rate, 0.9, eps=1e-7, eps_in_sqrt=False),
    "adam": lambda rate: optax.adam(rate),
}


after = jax.jit(partial(plain_cells.step, "lstm", library=jnp), static_argnums=0)


def lstm(layer, sequence, gates):
    """The hidden state ``[H]`` of one layer after each point ``[F]`` of one curve."""
    state, states = (jnp.zeros(layer["recurrent_kernel"].shape[0]),) * 2, []
    for features in sequence:
        state, _ = after(gates, layer, features, state)
        states.append(state[0])
    return states


def answer(params, curve, gates):
    """The answer ``[T, A]`` to one curve: the hidden states of the last layer, or an affine map of them."""
    layers, states = [params[name] for name in sorted(params) if name.startswith("lstm")], list(np.asarray(curve))
    for layer in layers:
        states = lstm(layer, states, gates)
    readout = params["readout"]
    if "recurrent_kernel" in readout:
        return jnp.stack(lstm(readout, states, gates))
    return jnp.stack(states) @ readout["kernel"] + readout["bias"]


def loss(params, inputs, targets, gates):
    """Mean squared error over curves ``[C, T, F]``."""
    answers = jnp.stack([answer(params, curve, gates) for curve in inputs])
    return jnp.mean((answers - targets) ** 2)


def train(task, model, *, seed, steps, learning_rate, optimizer="sgd", noise=0.0, base_seed=0):
    """The losses after every step, from the one before the first on, and the parameters after the last."""
    key = jax.random.fold_in(jax.random.key(base_seed), seed)
    keys = {purpose: jax.random.fold_in(key, number) for purpose, number in PURPOSES.items()}

    def drawn(step=None):
        """The training set, or with fresh examples those of a step."""
        own = {name: keys[name] if step is None else jax.random.fold_in(keys[name], step) for name in keys}
        examples = task.examples(own["examples"], {})
        return examples.inputs + noise * jax.random.normal(own["noise"], examples.inputs.shape), examples.targets

    inputs, targets = task.examples(keys["validation"], {})[:2] if task.fresh else drawn()
    params = jax.jit(model.init)(keys["parameters"], inputs)["params"]
    transform = OPTIMIZERS[optimizer](learning_rate)
    state, batch = jax.jit(transform.init)(params), task.batch or len(inputs)

    @jax.jit
    def updated(params, state, gradient):
        updates, state = transform.update(gradient, state, params)
        return optax.apply_updates(params, updates), state

    losses = [loss(params, inputs, targets, model.gates)]
    for step in range(steps):
        epoch, place = divmod(step * batch, len(inputs))
        chosen = jnp.arange(len(inputs))
        if task.batch:
            chosen = jax.random.permutation(jax.random.fold_in(keys["order"], epoch), len(inputs))[
                place : place + batch
            ]
        shown, asked = drawn(step) if task.fresh else (inputs[chosen], targets[chosen])
        params, state = updated(params, state, jax.grad(loss)(params, shown, asked, model.gates))
        losses.append(loss(params, inputs, targets, model.gates))
    return jnp.stack(losses), params
