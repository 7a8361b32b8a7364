"""The index: events in SQLite, followed live, and the network's figures for monitoring."""
