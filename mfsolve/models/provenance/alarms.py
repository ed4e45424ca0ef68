"""Levels at which tests of a pool and its references alarm (MODEL 3.5)."""

SUSPECT = 0.001
"""p-value below which a test alarms."""
APART = 3.3
"""Standard errors beyond which a mean is not where it should be: a normal one is in 0.001 of cases."""
