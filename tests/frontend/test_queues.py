"""``collections.deque`` and ``heapq`` on differentiated values; objects that say how to iterate over them."""

import copy
import heapq
from collections import deque

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.errors import S2SGradError
from tests.frontend.checking import N, check


def first_in_first_out(x):
    q, total = deque(), 0.0
    for v in x:
        q.append(v * v)
    while q:
        total = total * 2.0 + q.popleft()
    return total


def moving_average(x):
    window, total = deque(maxlen=2), 0.0
    for v in x:
        window.append(v)
        total += sum(window) / len(window) * v
    return total


def breadth_first(x):
    q, total = deque([(0, 1.0)]), 0.0
    while q:
        k, weight = q.popleft()
        total += weight * x[k]
        if k + 1 < len(x):
            q.append((k + 1, weight * x[k]))
    return total


def both_ends(x):
    d = deque([1.0, 2.0])
    for v in x:
        d.appendleft(v)
        d.rotate(1)
    d.reverse()
    d.extend([x[0], x[1]])
    d.extendleft([x[2]])
    return d[0] * d[-1] + d[2] * d.pop() + d[1]


def two_names_and_copies(x):
    d = deque(x)
    same, other, third = d, d.copy(), copy.copy(d)
    same[0] = 5.0 * x[1]
    deep = copy.deepcopy(d)
    d.popleft()
    return d[0] * other[0] * third[0] * deep[0] * len(same) * len(other)


def what_an_empty_deque_raises(x):
    try:
        return deque().popleft()
    except IndexError:
        return x[0] * x[1]


def heap_of_numbers(x):
    h, total = [], 0.0
    for v in x:
        heapq.heappush(h, v * v)
    total = heapq.heapreplace(h, x[1] * 3.0) + 2.0 * heapq.heappushpop(h, x[0])
    while h:
        total = total * 3.0 + heapq.heappop(h)
    return total


def heap_of_tuples(x):
    h = []
    for k, v in enumerate(x):
        heapq.heappush(h, (1.0 if k else 2.0, -k, v))
    a, b = heapq.heappop(h), heapq.heappop(h)
    return a[2] * b[2] * b[2]


def shortest_paths(x):
    n = len(x)
    W = [[abs(x[i] - 2.0 * x[j]) + 0.1 for j in range(n)] for i in range(n)]
    D = [1e9] * n
    D[0] = 0.0
    h = [(0.0, 0)]
    while h:
        d, u = heapq.heappop(h)
        if d > D[u]:
            continue
        for v in range(n):
            if d + W[u][v] < D[v]:
                D[v] = d + W[u][v]
                heapq.heappush(h, (D[v], v))
    return sum(D)


def heapified(x):
    h = list(x)
    heapq.heapify(h)
    return h[0] * 3.0 + h[1] * 2.0 + heapq.nlargest(2, x)[1] * heapq.nsmallest(1, x)[0]


class Pair:
    def __init__(self, x):
        self.items = [x[0], x[1]]

    def __iter__(self):
        yield self.items[0]
        yield self.items[1] ** 2


class Listed(Pair):
    def __iter__(self):
        return iter(self.items)


def objects_that_can_be_iterated_over(x):
    a, b = Pair(x)
    first, *_ = Listed(x)
    total = 0.0
    for v, w in zip(Pair(x), x, strict=False):
        total += v * w
    for k, v in enumerate(Listed(x)):
        total += v * k
    return total + a * b * first + sum(Listed(x)) + list(Pair(x))[1] + max(*Pair(x))


@pytest.mark.parametrize(
    "f",
    [
        first_in_first_out,
        moving_average,
        breadth_first,
        both_ends,
        two_names_and_copies,
        what_an_empty_deque_raises,
        heap_of_numbers,
        heap_of_tuples,
        shortest_paths,
        heapified,
        objects_that_can_be_iterated_over,
    ],
)
def test_derivatives(f):
    check(f, N)


def test_an_empty_deque_raises_when_it_runs():
    def f(x):
        d = deque(x)
        for _ in range(len(x) + 1):
            d.pop()
        return x[0]

    with pytest.raises(IndexError, match="pop from an empty deque"):
        value_and_grad(f)(N)


def test_appending_and_taking_cost_the_same_in_long_queues():
    source = grad(first_in_first_out).source(N)
    assert "copy" not in source
    assert "list(" not in source


# -- what is refused -------------------------------------------------------------------------------------


def compared(x):
    return x[0] if deque([1]) == deque([1]) else x[1]


def added(x):
    try:
        return (deque([x[0]]) + deque([x[1]]))[0]
    except TypeError:
        return x[2]


def one_or_another(x):
    d, e = deque([1.0]), deque([2.0])
    chosen = d if x[0] > 1.0 else e
    chosen.append(x[0])
    return d[-1] * e[-1]


def written_meanwhile(x):
    pair, total = Pair(x), 0.0
    for v in pair:
        pair.items[1] = x[2] * 5.0
        total += v
    return total


class Counter:
    def __init__(self, x):
        self.x = x

    def __iter__(self):
        return self

    def __next__(self):
        raise StopIteration


def by_next(x):
    return sum(v for v in Counter(x[0])) + x[1]


@pytest.mark.parametrize(
    ("f", "what"),
    [
        (compared, "`__eq__` of a deque is not supported"),
        (added, "`__add__` of a deque is not supported"),
        (one_or_another, "may or may not share its memory"),
        (written_meanwhile, "writes into memory that the generator that it runs over reads"),
        (by_next, "iterating over `Counter` by its `__next__` is not supported"),
    ],
)
def test_is_refused(f, what):
    with pytest.raises(S2SGradError, match=what) as caught:
        grad(f)(np.array([0.7, 1.3, 2.1]))
    assert "test_queues.py:" in str(caught.value)
    assert "= help:" in str(caught.value)
