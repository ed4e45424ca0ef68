"""Precision of given efforts (MODEL 4.1)."""


def precision_of_sums(whole: float, first: float, second: float, v: float) -> float:
    """Phi = K_0 - K_1^2 / (1/v + K_2) from the sums K_j of lambda^j e over signals (MODEL 4.1).

    Parameters
    ----------
    whole, first, second : float
        K_0, K_1 and K_2.
    v : float
        Variance of the common factor, > 0.
    """
    return whole - first * first / (1.0 / v + second)
