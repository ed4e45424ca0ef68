"""Kernels of provenance estimation and PMIR (MODEL 3)."""
