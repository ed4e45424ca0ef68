"""Kernels of the collapse market (MODEL 1)."""
