"""Execution of a study: its price, its tasks, and the processes that carry them out."""
