"""Shipped studies, one per result of a paper; run them by name: `mfsolve run headline`."""
