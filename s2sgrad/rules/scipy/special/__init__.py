"""``scipy.special``: one module per family. The formulas are those of the DLMF (dlmf.nist.gov), by section.

All are elementwise, and most are holomorphic: one partial derivative serves real and complex arguments. Where a
derivative in a parameter has no closed form (the order of a Bessel function, the shape of an incomplete gamma
function), the partial derivative is the reason why it is refused, and the other arguments are differentiable.
"""

from s2sgrad.rules.scipy.special import (
    bessel,
    beta,
    elementary,
    elliptic,
    errors,
    gamma,
    hypergeometric,
    integrals,
    logistic,
    losses,
    polynomials,
    probability,
    types,
    waves,
)

__all__ = [
    "bessel",
    "beta",
    "elementary",
    "elliptic",
    "errors",
    "gamma",
    "hypergeometric",
    "integrals",
    "logistic",
    "losses",
    "polynomials",
    "probability",
    "types",
    "waves",
]
