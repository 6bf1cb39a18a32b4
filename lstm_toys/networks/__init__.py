"""One network: layers, stack, optimizers, training."""
