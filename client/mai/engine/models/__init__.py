"""Models on disk: where they come from, that they are what was asked for, what they take, how fast they run here."""
