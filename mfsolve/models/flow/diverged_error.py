"""The error of a run that left the floating-point range."""


class DivergedError(ArithmeticError):
    """A run diverged; the message names the step, the number of particles, and a smaller dt to try."""
