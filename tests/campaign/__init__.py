"""The verifier's mutation campaign: `python -m campaign` (docs/security/verifier.md)."""
