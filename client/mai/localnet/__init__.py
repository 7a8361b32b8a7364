"""`mai localnet`: the embedded virtual machine served over Solana's JSON-RPC and WebSocket API, with a ledger."""
