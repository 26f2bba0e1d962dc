"""The methods of a continuous distribution, from its standard density.

With z = (x - loc) / scale, log density l(z), density p(z) and distribution function F(z), all in shape parameters a:

    logpdf   l(z) - log(scale)     dx = l'/scale    dloc = -dx    dscale = -(1 + z l')/scale    da = dl/da
    cdf      F(z)                  dx = p/scale     dloc = -dx    dscale = -z p/scale           da = dF/da
    ppf      loc + scale z(q)      dq = scale/p     dloc = 1      dscale = z                    da = -scale dF/da / p
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from s2sgrad.rules.table import partials

Formula = Callable[..., Any]


def positive(z, *shapes):
    return z >= 0.0


def nothing(z, *shapes):
    """What a distribution without shape parameters depends on."""
    return ()


def split(parameters, count):
    """Shape parameters, location and scale, the last two at their defaults where they are left out."""
    loc = parameters[count] if len(parameters) > count else 0.0
    return parameters[:count], loc, parameters[count + 1] if len(parameters) > count + 1 else 1.0


def times(factor, terms):
    """Each term times the factor; a reason why there is none stays."""
    return tuple(term if isinstance(term, str) else factor * term for term in terms)


def masked(inside, terms):
    return tuple(term if isinstance(term, str) else np.where(inside, term, 0.0) for term in terms)


def continuous(
    distribution: Any,
    count: int,
    log_density: Formula,
    score: Formula,
    shape_scores: Formula = nothing,
    shape_slopes: Formula = nothing,
    support: Formula | None = None,
    inner: float = 0.5,
) -> None:
    """Register the methods of a distribution of ``count`` shape parameters.

    ``log_density(z, *shapes)``, its derivative ``score`` in ``z`` and ``shape_scores``, a tuple for the shapes;
    ``shape_slopes(z, *shapes)``: those of the distribution function divided by the density, or why there are none;
    ``support(z, *shapes)``: whether the density is positive (None: on the whole line), and ``inner``: a point inside,
    for which the formulas are evaluated instead of points outside.
    """

    def standard(x, parameters):
        """Whether ``x`` is inside the support (None: on the whole line), and where in the standard distribution."""
        shapes, loc, scale = split(parameters, count)
        z = (x - loc) / scale
        if support is None:
            return None, z, shapes, scale
        inside = support(z, *shapes)
        return inside, np.where(inside, z, inner), shapes, scale

    def slopes_of_logpdf(x, parameters):
        inside, z, shapes, scale = standard(x, parameters)
        s = score(z, *shapes)
        slopes = (s / scale, *shape_scores(z, *shapes), -s / scale, -(1.0 + z * s) / scale)
        return slopes if inside is None else masked(inside, slopes)

    def slopes_of_cdf(x, parameters, factor_of):
        """The partial derivatives of the distribution function, times a factor made from the log density."""
        inside, z, shapes, scale = standard(x, parameters)
        logarithm = log_density(z, *shapes)
        factor = factor_of(logarithm)
        by_density = shape_slopes(z, *shapes)
        slopes = (factor / scale, *times(factor, by_density), -factor / scale, -z * factor / scale)
        return slopes if inside is None else masked(inside, slopes)

    @partials(distribution.logpdf)
    def logpdf(y, x, *parameters):
        return slopes_of_logpdf(x, parameters)

    @partials(distribution.pdf)
    def pdf(y, x, *parameters):
        return times(y, slopes_of_logpdf(x, parameters))

    @partials(distribution.cdf)
    def cdf(y, x, *parameters):
        return slopes_of_cdf(x, parameters, lambda logarithm: np.exp(logarithm))

    @partials(distribution.sf)
    def sf(y, x, *parameters):
        return slopes_of_cdf(x, parameters, lambda logarithm: -np.exp(logarithm))

    @partials(distribution.logcdf)
    def logcdf(y, x, *parameters):
        return slopes_of_cdf(x, parameters, lambda logarithm: np.exp(logarithm - np.where(y == -np.inf, 0.0, y)))

    @partials(distribution.logsf)
    def logsf(y, x, *parameters):
        return slopes_of_cdf(x, parameters, lambda logarithm: -np.exp(logarithm - np.where(y == -np.inf, 0.0, y)))

    def slopes_of_ppf(x, parameters, sign):
        _, z, shapes, scale = standard(x, parameters)
        slope = sign * scale * np.exp(-log_density(z, *shapes))
        return (slope, *times(-scale, shape_slopes(z, *shapes)), 1.0, z)

    @partials(distribution.ppf)
    def ppf(x, q, *parameters):
        return slopes_of_ppf(x, parameters, 1.0)

    @partials(distribution.isf)
    def isf(x, q, *parameters):
        return slopes_of_ppf(x, parameters, -1.0)

    def place(parameters, of_loc, of_scale):
        """Partial derivatives of a moment: its shapes have none here."""
        return (*((MOMENT,) * count), of_loc, of_scale)[: len(parameters)]

    @partials(distribution.mean, distribution.median)
    def mean(y, *parameters):
        _, loc, scale = split(parameters, count)
        return place(parameters, 1.0, (y - loc) / scale)

    @partials(distribution.var)
    def var(y, *parameters):
        _, _, scale = split(parameters, count)
        return place(parameters, 0.0, 2.0 * y / scale)

    @partials(distribution.std)
    def std(y, *parameters):
        _, _, scale = split(parameters, count)
        return place(parameters, 0.0, y / scale)

    @partials(distribution.entropy)
    def entropy(y, *parameters):
        _, _, scale = split(parameters, count)
        return place(parameters, 0.0, 1.0 / scale)


MOMENT = "moments have derivatives in location and scale only"
