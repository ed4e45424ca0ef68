"""Kernels of the collapse flow (MODEL 2)."""
