"""Contestants in Keras, on TensorFlow: one `keras.Sequential` of `keras.layers.LSTM`."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.job import LEARNING_RATE, LEAVES, Job, Start, State, Trainer


def on_batches(job: Job, start: Start) -> Trainer:
    """Step by step with ``train_on_batch``."""

    def train(model: Any, steps: int) -> None:
        for _ in range(steps):
            model.train_on_batch(start.inputs, start.inputs)

    return _begin(job, start, train)


def fit(job: Job, start: Start) -> Trainer:
    """With ``fit``: one epoch of one batch a step."""
    size = len(start.inputs)

    def train(model: Any, steps: int) -> None:
        model.fit(start.inputs, start.inputs, batch_size=size, epochs=steps, shuffle=False, verbose=0)

    return _begin(job, start, train)


def _begin(job: Job, start: Start, train: Callable[[Any, int], None]) -> Trainer:
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras

    layers = {name: keras.layers.LSTM(units, return_sequences=True) for name, units in job.layers.items()}
    model = keras.Sequential([keras.Input((job.points, 1)), *layers.values()])
    model.compile(optimizer=keras.optimizers.SGD(LEARNING_RATE), loss="mse")
    for name, layer in layers.items():
        layer.set_weights([start.weights[name][leaf][0] for leaf in LEAVES])

    def state(members: list[int]) -> State:
        weights = {
            name: dict(zip(LEAVES, (value[None] for value in layer.get_weights()), strict=True))
            for name, layer in layers.items()
        }
        answers = model.predict_on_batch(start.inputs)
        return weights, np.array([np.mean(np.square(answers - start.inputs))] * len(members))

    return Trainer(partial(train, model), state)
