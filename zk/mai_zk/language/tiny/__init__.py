"""The tiny transformer: 20,000 weights in five segments, each proved by EZKL, all linked by a trace's edges."""
