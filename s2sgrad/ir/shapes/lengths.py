"""Arithmetic on lengths. Equal results are equal as objects: sums and products of symbols have one form.

A sum is a :class:`Dim` over ``("sum", {(base, factor), …})``, a product over ``("product", {(base, power), …})``.
"""

from __future__ import annotations

from collections.abc import Hashable

from s2sgrad.ir.types import Dim, Length

Terms = dict[Hashable, int]


def _terms(n: Length) -> tuple[Terms, int]:
    if isinstance(n, int):
        return {}, n
    if isinstance(n.base, tuple) and n.base[0] == "sum":
        return dict(n.base[1]), n.offset
    return {n.base: 1}, n.offset


def _from_terms(terms: Terms, offset: int) -> Length:
    terms = {base: factor for base, factor in terms.items() if factor}
    if not terms:
        return offset
    if len(terms) == 1:
        ((base, factor),) = terms.items()
        if factor == 1:
            return Dim(base, offset)
    return Dim(("sum", frozenset(terms.items())), offset)


def add(m: Length, n: Length) -> Length:
    """``m + n``."""
    if isinstance(n, int):
        return m + n
    if isinstance(m, int):
        return n + m
    (left, a), (right, b) = _terms(m), _terms(n)
    for base, factor in right.items():
        left[base] = left.get(base, 0) + factor
    return _from_terms(left, a + b)


def scale(n: Length, k: int) -> Length:
    """``k * n``."""
    if isinstance(n, int) or k == 1:
        return n * k if isinstance(n, int) else n
    terms, offset = _terms(n)
    return _from_terms({base: factor * k for base, factor in terms.items()}, offset * k)


def subtract(m: Length, n: Length) -> Length:
    """``m - n``."""
    return m + -n if isinstance(n, int) else add(m, scale(n, -1))


Factors = dict[Hashable, int]


def _factors(n: Length) -> tuple[Factors, int]:
    if isinstance(n, int):
        return {}, n
    if n.offset == 0 and isinstance(n.base, tuple) and n.base[0] == "product":
        return dict(n.base[1]), 1
    if n.offset == 0 and isinstance(n.base, tuple) and n.base[0] == "sum" and len(n.base[1]) == 1:
        ((base, factor),) = n.base[1]
        inner, _ = _factors(Dim(base))
        return inner, factor
    return {n if n.offset else n.base: 1}, 1


def _from_factors(factors: Factors, k: int) -> Length:
    if not factors or k == 0:
        return k
    if len(factors) == 1:
        ((base, power),) = factors.items()
        if power == 1:
            return scale(base if isinstance(base, Dim) else Dim(base), k)
    return scale(Dim(("product", frozenset(factors.items()))), k)


def product(*lengths: Length) -> Length:
    """The product of some lengths."""
    if len(lengths) == 1:
        return lengths[0]
    result: Factors = {}
    k = 1
    for n in lengths:
        factors, number = _factors(n)
        k *= number
        for base, power in factors.items():
            result[base] = result.get(base, 0) + power
    return _from_factors(result, k)


def quotient(m: Length, n: Length) -> Length:
    """``m // n`` for an ``n`` that divides ``m``."""
    (above, a), (below, b) = _factors(m), _factors(n)
    if b and a % b == 0 and all(above.get(base, 0) >= power for base, power in below.items()):
        left = {base: power - below.get(base, 0) for base, power in above.items()}
        return _from_factors({base: power for base, power in left.items() if power}, a // b)
    return Dim(("quotient", m, n))


def ceil_quotient(n: Length, k: int) -> Length:
    """``ceil(n / k)``."""
    if isinstance(n, int):
        return -(-n // k)
    return n if k == 1 else Dim(("ceil", n, k))


def is_natural(n: Length) -> bool:
    """Whether a length is known not to be negative. (The symbol of an integer argument may be negative.)"""
    if isinstance(n, int):
        return n >= 0
    terms, offset = _terms(n)
    return offset >= 0 and all(factor > 0 and type(base) is not object for base, factor in terms.items())
