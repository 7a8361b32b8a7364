"""What a miner does with one task."""
