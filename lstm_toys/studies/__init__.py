"""Studies: a population's training, sweeps, generalization, and claims."""
