"""Inference on this machine, with a signed record of every answer. It knows no chain; the miner calls it.

protocol, errors, limits: what is asked and answered, refusals by name, and every bound. hardware, choice, served: what
the machine has, and which backend and model fit. models: the registry on disk, benchmark and tiers. backends, worker,
workers, pool: models in processes of their own. queue, pipeline, metering, signing, records: from a request to a signed
answer. sealing, enginekeys, keyfile, identity, guard, plain, scrub: prompts that only this process reads. journal,
offers: tasks that survive. engine, client, blocking: the same methods in this process and over a socket. api, server:
the doors.
"""
