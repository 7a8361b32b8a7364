"""The engine's doors: OpenAI's API, Ollama's API, and JSON-RPC for the network; http has what they share."""
