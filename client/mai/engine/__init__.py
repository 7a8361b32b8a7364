"""Inference on this machine: models on disk, backends, sealed prompts. It knows no chain."""
