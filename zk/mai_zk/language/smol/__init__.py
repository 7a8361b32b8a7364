"""SmolLM2-135M in exact integers: weights, path, segments, commitments, proofs, tokens."""
