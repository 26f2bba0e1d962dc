"""Products of vectors, matrices and tensors. All are linear in each factor."""

from __future__ import annotations

import operator

import numpy as np

from s2sgrad.rules.table import multilinear, static


@multilinear(operator.matmul, np.matmul)
def matmul(z_bar, z, x, y):
    if np.ndim(x) == 1 and np.ndim(y) == 1:
        return z_bar * y, z_bar * x
    if np.ndim(x) == 2 and np.ndim(y) == 1:
        return np.outer(z_bar, y), x.T @ z_bar
    if np.ndim(x) == 1 and np.ndim(y) == 2:
        return y @ z_bar, np.outer(x, z_bar)
    if np.ndim(x) == 2 and np.ndim(y) == 2:
        return z_bar @ y.T, x.T @ z_bar
    if np.ndim(y) == 1:
        return np.expand_dims(z_bar, -1) * y, np.tensordot(z_bar, x, np.ndim(z_bar))
    if np.ndim(x) == 1:
        x_bar = np.tensordot(z_bar, np.swapaxes(y, -1, -2), np.ndim(z_bar))
        return x_bar, np.expand_dims(x, -1) * np.expand_dims(z_bar, -2)
    return z_bar @ np.swapaxes(y, -1, -2), np.swapaxes(x, -1, -2) @ z_bar


@multilinear(np.dot)
def dot(z_bar, z, x, y):
    if np.ndim(x) == 0 or np.ndim(y) == 0:
        return z_bar * y, z_bar * x
    if np.ndim(x) <= 2 and np.ndim(y) <= 2:
        return matmul(z_bar, z, x, y)
    return tensordot(z_bar, z, x, y, ((-1,), (-1,)) if np.ndim(y) == 1 else ((-1,), (-2,)))


@multilinear(np.inner)
def inner(z_bar, z, x, y):
    if np.ndim(x) == 0 or np.ndim(y) == 0 or (np.ndim(x) == 1 and np.ndim(y) == 1):
        return z_bar * y, z_bar * x
    return tensordot(z_bar, z, x, y, ((-1,), (-1,)))


@multilinear(np.vdot)
def vdot(z_bar, z, x, y):
    return z_bar * np.reshape(y, np.shape(x)), z_bar * np.reshape(x, np.shape(y))


@multilinear(np.outer)
def outer(z_bar, z, x, y):
    if np.ndim(x) == 1 and np.ndim(y) == 1:
        return z_bar @ y, x @ z_bar
    return np.reshape(z_bar @ np.ravel(y), np.shape(x)), np.reshape(np.ravel(x) @ z_bar, np.shape(y))


@multilinear(np.cross)
def cross(z_bar, z, x, y):
    """Of vectors in three dimensions, along the last axis."""
    return np.cross(y, z_bar), np.cross(z_bar, x)


@multilinear(np.kron)
def kron(z_bar, z, x, y):
    check_kron(np.ndim(x), np.ndim(y))
    if np.ndim(x) == 1:
        blocks = np.reshape(z_bar, (np.shape(x)[0], np.shape(y)[0]))
        return blocks @ y, x @ blocks
    blocks = np.reshape(z_bar, (np.shape(x)[0], np.shape(y)[0], np.shape(x)[1], np.shape(y)[1]))
    return np.tensordot(blocks, y, ((1, 3), (0, 1))), np.tensordot(x, blocks, ((0, 1), (0, 2)))


@static
def check_kron(m, n):
    if m != n or m not in (1, 2):
        raise NotImplementedError("np.kron has a derivative rule for two vectors or two matrices only")


# -- tensordot -------------------------------------------------------------------------------------


@multilinear(np.tensordot)
def tensordot(z_bar, z, x, y, axes=2):
    """The cotangent of one factor contracts the free axes of the other, then goes back into the factor's order."""
    m, n = np.ndim(x), np.ndim(y)
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


@static
def free_of_second(axes, m, n):
    """The axes of ``z`` that come from ``y``, and where they are in ``y``."""
    first, second = contracted(axes, m, n)
    kept = m - len(first)
    return tuple(range(kept, kept + n - len(second))), free(second, n)


@static
def free_of_first(axes, m, n):
    """Where the axes of ``z`` that come from ``x`` are in ``x``, and in ``z``."""
    first, _ = contracted(axes, m, n)
    return free(first, m), tuple(range(m - len(first)))


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
def einsum_vjp(z_bar, z, subscripts, *factors, optimize=False):
    """The cotangent of a factor is an einsum of the result's cotangent with the other factors.

    A subscript that only this factor has was summed over: its cotangent is constant along that axis.
    """
    spec = explicit(subscripts, tuple(np.ndim(x) for x in factors))
    return None, *[einsum_adjoint(z_bar, spec, k, factors) for k in range(len(factors))]


def einsum_adjoint(z_bar, spec, k, factors):
    others = [factors[j] for j in range(len(factors)) if j != k]
    x_bar = np.einsum(adjoint_subscripts(spec, k), z_bar, *others)
    alone = summed_alone(spec, k)
    if alone == ():
        return x_bar
    return np.broadcast_to(np.expand_dims(x_bar, alone), np.shape(factors[k]))


@static
def explicit(subscripts, ranks):
    """The subscripts with their output written out, and letters in place of ``...``."""
    subscripts = subscripts.replace(" ", "")
    inputs, arrow, output = subscripts.partition("->")
    terms = inputs.split(",")
    if not arrow:
        letters = sorted(set(inputs) - set(",."))
        once = "".join(c for c in letters if inputs.count(c) == 1)
        output = "..." + once if "..." in inputs else once
    spare = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in subscripts]
    missing = [rank - (len(term) - 3) if "..." in term else 0 for term, rank in zip(terms, ranks, strict=True)]
    dots = "".join(spare[: max(missing)])
    terms = [t.replace("...", dots[len(dots) - n :]) for t, n in zip(terms, missing, strict=True)]
    if any(len(set(term)) < len(term) for term in terms):
        raise NotImplementedError("np.einsum that repeats a subscript within one factor has no derivative rule yet")
    return ",".join(terms) + "->" + output.replace("...", dots)


@static
def adjoint_subscripts(spec, k):
    inputs, output = spec.split("->")
    terms = inputs.split(",")
    others = terms[:k] + terms[k + 1 :]
    known = set("".join(others)) | set(output)
    wanted = "".join(c for c in terms[k] if c in known)
    return ",".join([output, *others]) + "->" + wanted


@static
def summed_alone(spec, k):
    """The axes of a factor whose subscripts nothing else has."""
    inputs, output = spec.split("->")
    terms = inputs.split(",")
    known = set("".join(terms[:k] + terms[k + 1 :])) | set(output)
    return tuple(axis for axis, c in enumerate(terms[k]) if c not in known)
