"""Nouns and rules of the product; no I/O, no framework."""
