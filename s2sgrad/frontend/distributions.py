"""Distributions of ``scipy.stats``: calls of their methods, in one form, and distributions with given parameters.

    stats.norm.logpdf(x, scale=s)            stats.norm.logpdf(x, 0, s)
    stats.t(df, loc=m).logpdf(x)             stats.t.logpdf(x, df, m)

SciPy need not be installed: without it there is no distribution to meet.
"""

from __future__ import annotations

import sys
from types import MethodType
from typing import Any

import numpy as np

from s2sgrad.errors import MissingRule, UnsupportedCall
from s2sgrad.frontend.arrays import primitive
from s2sgrad.frontend.lowerer import Lowerer
from s2sgrad.frontend.things import Closure, ListRef, Method, Thing
from s2sgrad.ir.core import Const
from s2sgrad.rules.suggestion import qualified_name
from s2sgrad.rules.table import rule_of

_OF_VECTORS = {
    "multivariate_normal": ("mean", "cov"),
    "dirichlet": ("alpha",),
    "multinomial": ("n", "p"),
}
_OF_PARAMETERS = frozenset({"mean", "median", "var", "std", "entropy"})


class Frozen:
    """A distribution with its parameters, as ``scipy.stats.norm(0.0, 2.0)`` makes one."""

    def __init__(self, distribution: Any, *args: Any, **kwds: Any) -> None:
        self.distribution = distribution
        self.args = args
        self.kwds = kwds

    def pdf(self, x: Any) -> Any:
        return self.distribution.pdf(x, *self.args, **self.kwds)

    def logpdf(self, x: Any) -> Any:
        return self.distribution.logpdf(x, *self.args, **self.kwds)

    def pmf(self, k: Any) -> Any:
        return self.distribution.pmf(k, *self.args, **self.kwds)

    def logpmf(self, k: Any) -> Any:
        return self.distribution.logpmf(k, *self.args, **self.kwds)

    def cdf(self, x: Any) -> Any:
        return self.distribution.cdf(x, *self.args, **self.kwds)

    def logcdf(self, x: Any) -> Any:
        return self.distribution.logcdf(x, *self.args, **self.kwds)

    def sf(self, x: Any) -> Any:
        return self.distribution.sf(x, *self.args, **self.kwds)

    def logsf(self, x: Any) -> Any:
        return self.distribution.logsf(x, *self.args, **self.kwds)

    def ppf(self, q: Any) -> Any:
        return self.distribution.ppf(q, *self.args, **self.kwds)

    def isf(self, q: Any) -> Any:
        return self.distribution.isf(q, *self.args, **self.kwds)

    def mean(self) -> Any:
        return self.distribution.mean(*self.args, **self.kwds)

    def median(self) -> Any:
        return self.distribution.median(*self.args, **self.kwds)

    def var(self) -> Any:
        return self.distribution.var(*self.args, **self.kwds)

    def std(self) -> Any:
        return self.distribution.std(*self.args, **self.kwds)

    def entropy(self) -> Any:
        return self.distribution.entropy(*self.args, **self.kwds)

    def rvs(self, size: Any = None, random_state: Any = None) -> Any:
        return self.distribution.rvs(*self.args, size=size, random_state=random_state, **self.kwds)

    def interval(self, confidence: Any) -> Any:
        return self.distribution.interval(confidence, *self.args, **self.kwds)

    def support(self) -> Any:
        return self.distribution.support(*self.args, **self.kwds)

    def moment(self, order: Any) -> Any:
        return self.distribution.moment(order, *self.args, **self.kwds)

    def stats(self, moments: str = "mv") -> Any:
        return self.distribution.stats(*self.args, moments=moments, **self.kwds)


def is_distribution(value: object) -> bool:
    """Whether this is one of SciPy's own distributions, with public methods: ``scipy.stats.norm``."""
    stats = sys.modules.get("scipy.stats")
    if stats is None or not type(value).__module__.startswith("scipy.stats."):
        return False
    return any(known is value for known in vars(stats).values())


def is_method(fn: object) -> bool:
    """Whether this is a method with a rule, of a distribution or of one with given parameters."""
    if not isinstance(fn, MethodType) or not type(fn.__self__).__module__.startswith("scipy.stats."):
        return False
    owner = fn.__self__ if is_distribution(fn.__self__) else _distribution_of(fn.__self__)
    return owner is not None and rule_of(getattr(owner, fn.__name__)) is not None


def require_rule(lo: Lowerer, fn: MethodType, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> None:
    """Refuse a method without a rule that a differentiated value enters: SciPy's own code is not to be entered."""
    if not is_distribution(fn.__self__) or rule_of(fn) is not None:
        return
    if any(lo.is_varied(lo.operand(a)) for a in (*args, *kwargs.values()) if not isinstance(a, (Closure, Method))):
        lo.fail(
            f"`{qualified_name(fn)}` has no derivative rule", "use another method or distribution", node, MissingRule
        )


def _distribution_of(frozen: object) -> Any:
    """The distribution of which the parameters were given; None if this is something else."""
    made = getattr(frozen, "dist", None)
    if not type(frozen).__module__.startswith("scipy.stats.") or made is None or not hasattr(frozen, "kwds"):
        return None
    public: Any = getattr(sys.modules["scipy.stats"], getattr(made, "name", None) or "", None)
    same = type(public) is type(made) and public._updated_ctor_param() == made._updated_ctor_param()
    return public if same else None


def call_method_of(lo: Lowerer, fn: MethodType, args: list[Thing], kwargs: dict[str, Thing], node: Any) -> Thing:
    """A call of a distribution's method, with all parameters in their positions."""
    owner: Any = fn.__self__
    if not is_distribution(owner):
        given: list[Thing] = [Const(a) for a in owner.args]
        args = [*args, *given]
        kwargs = {**kwargs, **{k: Const(v) for k, v in owner.kwds.items()}}
        fn = getattr(_distribution_of(owner), fn.__name__)
    names = _parameters(fn)
    placed = list(args)
    for name in names[len(args) :]:
        if not kwargs:
            break
        if name in kwargs:
            placed.append(kwargs.pop(name))
        elif name in ("loc", "scale"):
            placed.append(Const(0 if name == "loc" else 1))
        else:
            break
    if kwargs:
        lo.fail(
            f"`{qualified_name(fn)}` with `{next(iter(kwargs))}=` has no derivative rule",
            f"its arguments are {', '.join(names)}",
            node,
            UnsupportedCall,
        )
    return primitive(lo, fn, [_array(lo, a) for a in placed], {})


def _array(lo: Lowerer, thing: Thing) -> Thing:
    if isinstance(thing, (ListRef, tuple)):
        return lo.call(np.asarray, lo.operand(thing))
    return thing


def _parameters(fn: MethodType) -> list[str]:
    """The names of a method's arguments, by position."""
    owner: Any = fn.__self__
    stats = sys.modules["scipy.stats"]
    for name, parameters in _OF_VECTORS.items():
        if owner is getattr(stats, name):
            return ["x", *parameters]
    shapes = [name.strip() for name in owner.shapes.split(",")] if owner.shapes else []
    scale = ["scale"] if hasattr(owner, "pdf") else []
    first = [] if fn.__name__ in _OF_PARAMETERS else ["q" if fn.__name__ in ("ppf", "isf") else "x"]
    if not scale and first == ["x"]:
        first = ["k"]
    return [*first, *shapes, "loc", *scale]
