"""Kernels of the agent-based market (MODEL 5.3)."""
