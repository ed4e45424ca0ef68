"""Figures of a run: one file for each way to look at it."""
