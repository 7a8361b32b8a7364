"""Signing in a browser: signer asks, server serves the one page, view says what the transaction would do."""
