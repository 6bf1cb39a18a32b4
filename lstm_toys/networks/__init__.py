"""ONE network: layers, the stack, optimizers, its training."""
