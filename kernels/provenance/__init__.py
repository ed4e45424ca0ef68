"""Kernels of provenance estimation and of Provenance-Market Iterative Retraining, PMIR (MODEL 3)."""
