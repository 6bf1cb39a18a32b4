"""Studies: a population's training, sweeps, generalization, claims, dynamics, and declared analyses."""

STUDIES = {
    "sweep": "SweepSettings",
    "generalization": "Evaluation",
    "dynamics": "DynamicsSettings",
    "claims": "ClaimSettings",
}
"""The commands of studies: by the name of the folder, the class of its settings."""
