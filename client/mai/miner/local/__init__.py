"""A whole network on one machine: a localnet, people with MAI, miners, a requester, verifiers, a cheat."""
