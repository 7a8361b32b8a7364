"""Keypairs where people keep them: files, keychain, recovery phrase, browser; uri picks one (docs/decisions/0016)."""
