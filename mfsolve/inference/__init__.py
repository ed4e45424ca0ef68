"""Estimates with intervals: arrays in, estimates out. Nothing here reads or writes a file."""
