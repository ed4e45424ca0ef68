"""Kernels of the supply shock's static market (MODEL 5.1)."""
