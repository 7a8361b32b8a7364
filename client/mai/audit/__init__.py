"""The audit: what the chain says happened, computed again from its transactions, and every lie named.

source: where history is read from; machine: the program's own Python run on it; replay: transaction by transaction;
checks: what is compared, one module a concern; findings, report: what came of it; life: one task's life.
"""
