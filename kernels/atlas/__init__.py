"""Recursive training without a market: families refitted to their own samples, replicates side by side (MODEL 9)."""
