"""Kernels of the transition of skills (MODEL 5.2)."""
