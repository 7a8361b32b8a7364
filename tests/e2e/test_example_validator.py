"""The example once more on Solana's own validator: both programs deployed, one proof, one payment."""

from examples.world import example
from mai.chain.rpc import Rpc


def test_the_example_is_paid_on_a_real_validator(validator: Rpc) -> None:
    said: list[str] = []
    for _ in range(2):  # the second time both programs are there already
        example().play("linear4", validator.url, said.append)
    assert [line.split()[0] for line in said] == ["asked", "proved", "verified", "paid", "answered"] * 2
