"""Audit of experiments: each promise that a study relies on, by a test that can fail."""
