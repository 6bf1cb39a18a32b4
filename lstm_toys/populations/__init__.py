"""Many networks: training and evaluation side by side."""
