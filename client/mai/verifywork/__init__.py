"""The verifier role: works of others are drawn, run again bit for bit, and what differs is challenged with a stake.

sample: which works; prompts: who discloses what they were; execute: the run, and where it differs; journal: what was
said, before it is said; vote: challenges and words as a third; follow: what comes of them; rounds: all of it, again and
again.
"""
