"""The whole way of one task, told to a newcomer: `mai demo`."""
