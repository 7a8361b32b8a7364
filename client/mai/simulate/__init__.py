"""Ten years of MAI's economy: supply, rewards, difficulty, and what cheating earns.

See docs/explanation/economy.md.
"""
