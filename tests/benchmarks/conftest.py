"""A job small enough for every change, and JAX as the tests have set it up."""

import pytest

from benchmarks import job
from lstm_toys.execution import devices


@pytest.fixture(scope="session")
def small():
    return job.Workload((4,), 10, 2)


@pytest.fixture(scope="session")
def start(small):
    return job.start(small, 3)


@pytest.fixture(autouse=True)
def devices_as_they_are(monkeypatch):
    monkeypatch.setattr(devices, "configure", lambda: None)
