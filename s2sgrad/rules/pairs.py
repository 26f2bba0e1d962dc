"""Subscripts of ``einsum``, and the order in which many factors are contracted: two at a time.

Lengths are not known while compiling, so they are taken to be alike: then the order with the fewest subscripts at once
is the cheapest. Of orders that are as cheap by that measure the one from the left is taken, as they are written.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

#: How long an axis is taken to be.
_LENGTH = 16

#: More factors than these are contracted from the left: the search goes through all pairs of sets of factors.
_MOST = 8

#: Two nodes, which are the factors and then the results of the steps in turn, and how they are contracted.
Step = tuple[int, int, str]

#: A factor, or two trees that are contracted with each other.
Tree = Any


def explicit(subscripts: str, ranks: Sequence[int]) -> str:
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
    return ",".join(terms) + "->" + output.replace("...", dots)


def literal_or_ours(optimize: Any) -> Any:
    """The order of contraction that the author asks for; True, which is ours, where only running knows it."""
    return optimize


def pairs(spec: str, optimize: Any = True) -> tuple[Step, ...]:
    """The steps of ``spec``, whose output is written out. ``optimize``: the order, if the author asks for one."""
    inputs, output = spec.split("->")
    terms = inputs.split(",")
    tree = _given(optimize, len(terms))
    if tree is None:
        tree = _cheapest(terms, output) if len(terms) <= _MOST else _from_the_left(len(terms))
    steps: list[Step] = []
    _make(tree, dict(enumerate(terms)), output, steps, len(terms))
    return tuple(steps)


def _make(tree: Tree, left: dict[int, str], output: str, steps: list[Step], count: int) -> int:
    """Append the steps that make ``tree`` of ``count`` factors; returns the number of its node.

    ``left``: the subscripts of the nodes that have been made and not been used.
    """
    if isinstance(tree, int):
        return tree
    first, second = (_make(part, left, output, steps, count) for part in tree)
    a, b = left.pop(first), left.pop(second)
    kept = _kept(a, b, [*left.values(), output]) if left else output
    made = count + len(steps)
    left[made] = kept
    steps.append((first, second, f"{a},{b}->{kept}"))
    return made


def _kept(a: str, b: str, others: Sequence[str]) -> str:
    """The letters of two factors, each once, that are in any of the others.

    Those of the second stand where the first has what is summed over, as in ``"abc,ib->aic"``: then the product is one
    of matrices mostly.
    """
    at = next((k for k, c in enumerate(a) if c in b and not any(c in other for other in others)), len(a))
    letters = a[:at] + "".join(c for c in b if c not in a) + a[at:]
    return "".join(c for c in dict.fromkeys(letters) if any(c in other for other in others))


def _given(optimize: Any, count: int) -> Tree | None:
    """A path of pairs, as :func:`numpy.einsum_path` gives it: what is contracted leaves the list, and joins its end."""
    if not isinstance(optimize, (tuple, list)) or len(optimize) != count or optimize[0] != "einsum_path":
        return None
    trees: list[Tree] = list(range(count))
    for pair in optimize[1:]:
        if len(pair) != 2:
            return None
        first, second = (trees[k] for k in pair)
        trees = [tree for k, tree in enumerate(trees) if k not in [p % len(trees) for p in pair]]
        trees.append((first, second))
    return trees[0]


def _from_the_left(count: int) -> Tree:
    tree: Tree = 0
    for k in range(1, count):
        tree = (tree, k)
    return tree


def _cheapest(terms: Sequence[str], output: str) -> Tree:
    """The cheapest tree of each set of factors is made of the cheapest trees of its parts."""
    everything = frozenset(range(len(terms)))
    best: dict[frozenset[int], tuple[int, Tree, str]] = {}
    for k, term in enumerate(terms):
        best[frozenset([k])] = 0, k, term
    for size in range(2, len(terms) + 1):
        for chosen in combinations(range(len(terms)), size):
            whole = frozenset(chosen)
            others = [output, *(terms[k] for k in everything - whole)]
            best[whole] = min((_joined(part, whole - part, best, others) for part in _parts(chosen)), key=_cost)
    return best[everything][1]


def _cost(candidate: tuple[int, Tree, str]) -> int:
    return candidate[0]


def _parts(chosen: tuple[int, ...]) -> list[frozenset[int]]:
    """The first of two parts of a set, in all ways: the one with the first factor, the largest ones first."""
    first, *rest = chosen
    sizes = range(len(rest) - 1, -1, -1)
    return [frozenset((first, *others)) for size in sizes for others in combinations(rest, size)]


def _joined(
    part: frozenset[int], rest: frozenset[int], best: dict[frozenset[int], tuple[int, Tree, str]], others: list[str]
) -> tuple[int, Tree, str]:
    (m, left, a), (n, right, b) = best[part], best[rest]
    kept = _kept(a, b, others)
    together = _LENGTH ** len({*a, *b})
    return m + n + together + _LENGTH ** len(kept), (left, right), kept
