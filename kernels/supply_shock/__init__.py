"""Kernels of the static supply shock (MODEL 5.1)."""
