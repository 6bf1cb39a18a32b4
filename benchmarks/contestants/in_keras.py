"""A contestant in Keras, on TensorFlow."""

import os

import numpy as np

from benchmarks.job import LEAVES, InitialWeights, State, Trainer, Workload


def on_batches(job: Workload, start: InitialWeights) -> Trainer:
    """One `keras.Sequential` of `keras.layers.LSTM`, trained step by step with ``train_on_batch``."""
    os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    import keras

    layers = {name: keras.layers.LSTM(units, return_sequences=True) for name, units in job.layers.items()}
    model = keras.Sequential([keras.Input((job.points, 1)), *layers.values()])
    model.compile(optimizer=keras.optimizers.SGD(job.learning_rate), loss="mse")
    for name, layer in layers.items():
        layer.set_weights([start.weights[name][leaf][0] for leaf in LEAVES])

    def train(steps: int) -> None:
        for _ in range(steps):
            model.train_on_batch(start.inputs, start.inputs)

    def state(members: list[int]) -> State:
        weights = {
            name: dict(zip(LEAVES, (value[None] for value in layer.get_weights()), strict=True))
            for name, layer in layers.items()
        }
        answers = model.predict_on_batch(start.inputs)
        return weights, np.array([np.mean(np.square(answers - start.inputs))] * len(members))

    return Trainer(train, state)
