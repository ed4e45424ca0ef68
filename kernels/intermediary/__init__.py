"""Kernels of the intermediary (MODEL 4.3)."""
