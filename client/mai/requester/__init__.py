"""Asking for an inference: the prompt is sealed, the task is posted, the answer is checked, a receipt is kept.

salted: tokens with their salts; engines: the wire to who answers; journal: asks that survive a crash; ask: one ask from
the prompt to the payment; answer: what an answer must be; receipt and verify: the file, and its checks against a chain;
disclosure: who may see a prompt afterwards; api: the same over HTTP.
"""
