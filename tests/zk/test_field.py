"""Keccak-256 by either library: known digests, and the same bytes of anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mai_zk import field


def test_known_digests() -> None:
    """Ethereum's hash of nothing, and of the signature of ERC-20's transfer."""
    empty = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    for digest in (field.keccak256, field._plain):
        assert digest(b"").hex() == empty
        assert digest(b"transfer(address,uint256)").hex().startswith("a9059cbb")


@given(st.binary(max_size=600))
def test_both_libraries_give_the_same(data: bytes) -> None:
    fast = field._fast()
    if fast is None:
        pytest.skip("safe-pysha3 is not installed")
    assert fast(data) == field._plain(data) == field.keccak256(data)
