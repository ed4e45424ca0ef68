"""Kernels of the creator market (MODEL 4.1, 4.2)."""
