"""Numerical building blocks: elementary functions, sums, linear algebra, root finding, transport."""
