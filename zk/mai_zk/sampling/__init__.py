"""Sampled verification, analysed: graphs, cheating strategies, detection probabilities, sizes of draws and bonds.

Nothing here runs while a network runs; it says how many leaves must be drawn and how large a bond must be, and why.
"""
