"""How the Python and Rust programs become Solana shared objects."""
