"""Steps of cells, written from their formulas, in NumPy or, to be differentiated, in JAX."""

import numpy as np

GATES = {
    "sigmoid": lambda a, library: 1 / (1 + library.exp(-a)),
    "hard": lambda a, library: library.clip(0.2 * a + 0.5, 0, 1),
}
WEIGHTS = ("kernel", "recurrent_kernel", "bias")


def step(cell, gates, layer, inputs, state, clamped=None, library=np):
    """The states (hidden, cell) after a time point, and the gates of every unit, some of which are clamped.

    Beside the gates of an LSTM is ``new``, the values that its input gate lets into the cell.
    """
    kernel, recurrent_kernel, bias = (layer[name] for name in WEIGHTS)
    fed, back = inputs @ kernel, state[0] @ recurrent_kernel
    if cell == "rnn":
        return (library.tanh(fed + back + bias), state[1]), {}
    if cell == "gru":  # As Keras has it with reset_after.
        (a_z, a_r, a_h), (b_z, b_r, b_h) = library.split(fed + bias[0], 3), library.split(back + bias[1], 3)
        before = {"z": a_z + b_z, "r": a_r + b_r}
    else:
        i, f, g, o = library.split(fed + back + bias, 4)
        before = {"input": i, "forget": f, "output": o}
    opened = {name: GATES[gates](each, library) for name, each in before.items()}
    for name, (units, value) in (clamped or {}).items():
        opened[name][units] = value
    if cell == "gru":
        z, r = opened.values()
        return (z * state[0] + (1 - z) * library.tanh(a_h + r * b_h), state[1]), opened
    new = library.tanh(g)
    memory = opened["forget"] * state[1] + opened["input"] * new
    return (opened["output"] * library.tanh(memory), memory), {**opened, "new": new}


def along(cell, gates, layer, curves):
    """The states (hidden, cell) [2, C, T, H] along curves in double precision, one time point after the other."""
    units = len(layer["recurrent_kernel"])
    every = np.empty((2, *curves.shape[:2], units))
    for curve, values in enumerate(curves.astype(float)):
        state = np.zeros(units), np.zeros(units)
        for time, value in enumerate(values):
            state, _ = step(cell, gates, layer, value, state)
            every[:, curve, time] = state
    return every
