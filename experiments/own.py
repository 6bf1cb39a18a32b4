"""Trains networks on curves from your own files."""

import lstm_toys as lt
from lstm_toys.cli import own

EXPERIMENT = own.EXPERIMENT

if __name__ == "__main__":
    lt.main(EXPERIMENT)
