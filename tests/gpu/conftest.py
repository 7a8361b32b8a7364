"""What the tests of GPUs need; where it is not there they are skipped, and say what is missing."""

from __future__ import annotations

import pytest
from mai_zk import circuits
from mai_zk.errors import ZkError
from mai_zk.gpu import GpuProver
from mai_zk.prover import CpuProver, Keys
from mai_zk.srs import make_test_srs


@pytest.fixture(scope="session")
def gpu() -> GpuProver:
    """The prover on this machine's GPU."""
    try:
        return GpuProver()
    except ZkError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def keys() -> Keys:
    """A small circuit's keys, all of it committed."""
    segment = circuits.load("digits").segment
    prover = CpuProver()
    return prover.setup(segment, make_test_srs(prover.settings(segment).logrows))
