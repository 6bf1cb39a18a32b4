"""One network: cells, stacks of layers, losses, optimizers and training."""
