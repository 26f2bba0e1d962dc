"""Contractions along named axes: ``tensordot`` and ``einsum``. The adjoint of a contraction is a contraction."""

from __future__ import annotations

import numpy as np

from s2sgrad.ir.primitives import setitem
from s2sgrad.rules.pairs import explicit, literal_or_ours, pairs
from s2sgrad.rules.table import ALL, multilinear, nondiff, static

# -- tensordot -------------------------------------------------------------------------------------


@multilinear(np.tensordot, np.linalg.tensordot, core=ALL)
def tensordot(z_bar, z, x, y, axes=2):
    """The cotangent of one factor contracts the free axes of the other, then goes back into the factor's order."""
    m, n = np.ndim(x), np.ndim(y)
    if np.ndim(z) == 0:
        x_bar, y_bar = z_bar * y, z_bar * x
    else:
        x_bar = np.tensordot(z_bar, y, free_of_second(axes, m, n))
        y_bar = np.tensordot(x, z_bar, free_of_first(axes, m, n))
    return reordered(x_bar, order_of_first(axes, m, n)), reordered(y_bar, order_of_second(axes, m, n))


def reordered(x, order):
    return x if order == tuple(range(np.ndim(x))) else np.transpose(x, order)


@static
def contracted(axes, m, n):
    """The contracted axes of both factors, as tuples of non-negative numbers."""
    if isinstance(axes, int):
        return tuple(range(m - axes, m)), tuple(range(axes))
    first, second = ((a,) if isinstance(a, int) else tuple(a) for a in axes)
    return tuple(a % m for a in first), tuple(a % n for a in second)


@static
def free(axes, ndim):
    return tuple(k for k in range(ndim) if k not in axes)


def shortest(first, second, m):
    """Axes as ``np.tensordot`` takes them: their number, where the last of ``m`` meet the first."""
    count = len(second)
    if tuple(first) == tuple(range(m - count, m)) and tuple(second) == tuple(range(count)):
        return count
    return tuple(first), tuple(second)


@static
def free_of_second(axes, m, n):
    """The axes of ``z`` that come from ``y``, and where they are in ``y``."""
    first, second = contracted(axes, m, n)
    kept = m - len(first)
    return shortest(range(kept, kept + n - len(second)), free(second, n), kept + n - len(second))


@static
def free_of_first(axes, m, n):
    """Where the axes of ``z`` that come from ``x`` are in ``x``, and in ``z``."""
    first, _ = contracted(axes, m, n)
    return shortest(free(first, m), range(m - len(first)), m)


@static
def order_of_first(axes, m, n):
    """``x_bar`` came out as the free axes of ``x``, then the contracted ones in the order of ``y``."""
    first, second = contracted(axes, m, n)
    came = (*free(first, m), *(first[second.index(k)] for k in sorted(second)))
    return tuple(came.index(k) for k in range(m))


@static
def order_of_second(axes, m, n):
    """``y_bar`` came out as the contracted axes in the order of ``x``, then the free axes of ``y``."""
    first, second = contracted(axes, m, n)
    came = (*(second[first.index(k)] for k in sorted(first)), *free(second, n))
    return tuple(came.index(k) for k in range(n))


# -- einsum ----------------------------------------------------------------------------------------


@multilinear(np.einsum)
def einsum(z_bar, z, subscripts, *factors, optimize=False):
    """The cotangent of a factor is an einsum of the result's cotangent with the other factors.

    A subscript that only this factor has was summed over: its cotangent is constant along that axis. One that the
    factor repeats was read on a diagonal: its cotangent lies there. Many factors are contracted two at a time, and the
    cotangents of all are made of the same intermediate results.
    """
    spec = explicit(subscripts, tuple(np.ndim(x) for x in factors))
    if len(factors) < 3:
        return None, *[einsum_adjoint(z_bar, spec, k, factors, optimize) for k in range(len(factors))]
    steps = pairs(spec, literal_or_ours(optimize))
    nodes = [*factors]
    for first, second, pair in steps[:-1]:
        nodes.append(np.einsum(pair, nodes[first], nodes[second]))
    bars = {len(nodes): z_bar}
    for k, (first, second, pair) in reversed(list(enumerate(steps, len(factors)))):
        bar, both = bars[k], [nodes[first], nodes[second]]
        bars[first] = einsum_adjoint(bar, pair, 0, both, False)
        bars[second] = einsum_adjoint(bar, pair, 1, both, False)
    return None, *[bars[k] for k in range(len(factors))]


def einsum_adjoint(z_bar, spec, k, factors, optimize):
    x = factors[k]
    others = [factors[j] for j in range(len(factors)) if j != k]
    if adjoint_subscripts(spec, k) == "->":
        x_bar = z_bar
    elif len(others) == 1 and optimize is True:
        x_bar = np.einsum(adjoint_subscripts(spec, k), z_bar, *others, optimize=True)
    else:
        x_bar = np.einsum(adjoint_subscripts(spec, k), z_bar, *others)
    shape = tuple(np.shape(x)[axis] for axis in axes_of_letters(spec, k))
    alone = summed_alone(spec, k)
    if alone != ():
        x_bar = np.broadcast_to(np.expand_dims(x_bar, alone), shape)
    if len(shape) == np.ndim(x):
        return x_bar
    diagonal = tuple(np.reshape(np.arange(shape[p]), along(p, len(shape))) for p in letters_of_axes(spec, k))
    return setitem(np.zeros_like(x), diagonal, np.real(x_bar) if np.isrealobj(x) else x_bar)


@static
def along(axis, ndim):
    """The shape of indices that lie along an axis (the last needs no shape of its own)."""
    return (-1, *(1,) * (ndim - 1 - axis))


def term_and_others(spec, k):
    """The subscripts of a factor, each once, and those of the result and of the other factors."""
    inputs, output = spec.split("->")
    terms = inputs.split(",")
    return "".join(dict.fromkeys(terms[k])), [output, *terms[:k], *terms[k + 1 :]]


@static
def adjoint_subscripts(spec, k):
    term, others = term_and_others(spec, k)
    return ",".join(others) + "->" + "".join(c for c in term if c in "".join(others))


@static
def summed_alone(spec, k):
    """The axes, in the order of their subscripts, whose subscripts nothing else has."""
    term, others = term_and_others(spec, k)
    return tuple(axis for axis, c in enumerate(term) if c not in "".join(others))


@static
def axes_of_letters(spec, k):
    """The first axis of a factor that each of its subscripts stands for."""
    whole = spec.split("->")[0].split(",")[k]
    return tuple(whole.index(c) for c in dict.fromkeys(whole))


@static
def letters_of_axes(spec, k):
    """The position among a factor's subscripts, each once, of that of each axis."""
    whole = spec.split("->")[0].split(",")[k]
    return tuple("".join(dict.fromkeys(whole)).index(c) for c in whole)


nondiff(np.einsum_path)
static(explicit)
static(pairs)
