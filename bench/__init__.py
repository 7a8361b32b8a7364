"""Measurements that BENCHMARKS.md shows; `make bench` runs them all."""
