"""Kernels of data deals: chains, the loop of faults, sandbox, lineage, replication, regimes (MODEL 6)."""
