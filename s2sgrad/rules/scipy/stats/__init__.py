"""``scipy.stats``: distributions by formulas of their densities, and statistics of samples.

SciPy computes the values; its own machinery of masks and conditions is not entered. Outside the support of a
distribution, where the density is zero and its logarithm ``-inf``, all derivatives are zero.
"""

from s2sgrad.rules.scipy.stats import continuous, discrete, multivariate, samples, types

__all__ = ["continuous", "discrete", "multivariate", "samples", "types"]
