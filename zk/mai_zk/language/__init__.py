"""Language models whose runs can be proved: their integer arithmetic, their segments, their traces. No chain here."""
