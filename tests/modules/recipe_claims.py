"""The claims of `sine_claims`, and one that compares two populations, with drawn recipes."""

import dataclasses

import sine_claims

import lstm_toys as lt
from experiments import sine

CHOICES = {
    ("optimizer", "learning_rate"): [
        ("adam", lt.claims.Range(0.003, 0.03, "log")),
        ("sgd", lt.claims.Range(0.01, 0.03)),
    ],
}
RECIPES = lt.claims.Recipes("small", CHOICES)

HIGHER = lt.claims.Claim(
    "higher", "Lines are answered higher", "largest", sine_claims.largest, sine_claims.LINES, against="other"
)
(_, flags) = sine_claims.CLAIMS.populations["sine"]
CLAIMS = dataclasses.replace(
    sine_claims.CLAIMS,
    claims=(*sine_claims.CLAIMS.claims, HIGHER),
    populations={"sine": (sine.EXPERIMENT, flags), "other": (sine.EXPERIMENT, [*flags, "--train_amplitude=0.2"])},
    recipes=dict.fromkeys(("sine", "other"), RECIPES),
)
