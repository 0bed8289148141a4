"""A short torture: `make torture` is the long one. The seed is in the output, and repeats the run's decisions."""

import random

import pytest

from tests.e2e.torture import distributed, embedded

KILLS = 10


@pytest.fixture
def seed() -> int:
    found = random.SystemRandom().randrange(10**6)
    print(f"seed {found}")
    return found


@pytest.mark.timeout(500)
def test_one_machine(seed, tmp_path):
    assert embedded(KILLS, seed, tmp_path).total() == KILLS


@pytest.mark.servers
@pytest.mark.timeout(600)
def test_workers_with_real_servers(kafka, elasticsearch, namespace, seed, tmp_path):
    assert distributed(KILLS, seed, tmp_path, (kafka.host_port, elasticsearch.host_port), namespace).total() == KILLS
