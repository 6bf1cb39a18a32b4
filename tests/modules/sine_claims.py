"""Two claims on small networks that learn the sine, as a user declares them."""

import numpy as np

import lstm_toys as lt
from experiments import sine


def final_error(trained):
    wrong = trained.answer - trained.input
    return np.sqrt((wrong.values[:, 0, 2:, 0] ** 2).mean(axis=1))


def largest(lines):
    return lines.answer.values.max(axis=(1, 2, 3))


def largest_late(lines):
    return largest(lines.isel(time=slice(10, None)))


LINES = (lt.claims.Source("sine", "line"),)

CLAIMS = lt.claims.Claims(
    "small",
    (
        lt.claims.Claim(
            "learned", "The sine is learned", "RMSE", final_error, (lt.claims.Source("sine", "training"),), high=0.2
        ),
        lt.claims.Claim(
            *("bounded", "Lines are answered below 0.9", "largest", largest, LINES),
            high=0.9,
            alternatives={"window": {"second half": largest_late}},
        ),
    ),
    {"sine": (sine.EXPERIMENT, ["--timesteps=20", "--hidden=4", "--steps=300", "--learning_rate=0.01"])},
)
