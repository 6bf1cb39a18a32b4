"""Studies: a population's training, sweeps, generalization, claims, dynamics, and declared analyses."""
