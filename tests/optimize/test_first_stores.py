"""What comes first to a place of a buffer of zeros is stored, where places surely do not meet."""

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad
from s2sgrad.ir.printer import dump
from s2sgrad.ir.verify import verify
from s2sgrad.optimize.first_stores import store_first
from tests.ir.text import parse

HEAD = """
        func f(x: f8[n], v: f8[m], w: f8[m], k: pyi, j: pyi) -> f8[n]:
          a: f8[n] = {buffer} 9
          a.1: f8[n] = {first} a, {places[0]}, v
          a.2: f8[n] = {second} a.1, {places[1]}, w
          return a.2
"""


def updates(places, buffer="zeros", first="additem", second="additem"):
    return HEAD.format(buffer=buffer, first=first, second=second, places=places)


def check(places, **expected):
    function = store_first(parse(updates(places)))
    verify(function)
    assert dump(function) == dump(parse(updates(places, **expected)))


@pytest.mark.parametrize("places", [(":k", "k:"), ("k:", ":k"), (":3", "3:"), (":-2", "-2:")])
def test_places_that_cover_the_buffer_need_no_zeros(places):
    check(places, buffer="empty", first="setitem", second="setitem")


@pytest.mark.parametrize("places", [(":2", "3:"), ("0", "1:"), ("-1", ":-1"), ("2:4", "4:6"), ("1", "0"), (":k", "k")])
def test_places_that_do_not_meet_are_stored(places):
    check(places, first="setitem", second="setitem")


@pytest.mark.parametrize(
    "places", [(":3", "2:"), (":k", "j:"), ("k", "j"), (":2", "-1:"), ("0", "-1"), ("::2", "1::2"), ("-3:", "1:")]
)
def test_only_the_first_of_places_that_may_meet_is_stored(places):
    check(places, first="setitem")


def test_a_later_place_may_meet_one_that_was_only_added_to():
    text = """
        func f(x: f8[n], v: f8[m], w: f8[m]) -> f8[n]:
          a: f8[n] = zeros 9
          a.1: f8[n] = {} a, :2, v
          a.2: f8[n] = additem a.1, 1:, w
          a.3: f8[n] = additem a.2, 5:, v
          return a.3
    """
    assert dump(store_first(parse(text.format("additem")))) == dump(parse(text.format("setitem")))


@pytest.mark.parametrize(("place", "ends"), [("1:", [":1"]), (":-2", ["-2:"]), ("1:-1", [":1", "-1:"])])
def test_only_the_ends_are_cleared(place, ends):
    before = f"""
        func f(x: f8[n], v: f8[m], w: f8[n]) -> f8[n]:
          a: f8[n] = zeros 9
          a.1: f8[n] = additem a, {place}, v
          a.2: f8[n] = additem a.1, 0:9, w
          return a.2
    """
    lines = ["func f(x: f8[n], v: f8[m], w: f8[n]) -> f8[n]:", "  a: f8[n] = empty 9"]
    last = "a"
    for k, end in enumerate(ends):
        lines.append(f"  a.{k + 5}: f8[n] = setitem {last}, {end}, 0.0")
        last = f"a.{k + 5}"
    lines.append(f"  a.1: f8[n] = setitem {last}, {place}, v")
    lines += ["  a.2: f8[n] = additem a.1, 0:9, w", "  return a.2"]
    assert dump(store_first(parse(before))) == dump(parse("\n".join(lines)))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7])
def test_gradients_where_ends_meet(n):
    def f(x):
        return np.sum(x[2:-1] * 3.0) + np.sum(x[1:] ** 2)

    x = np.linspace(1.0, 2.0, n)
    expected = np.zeros(n)
    expected[2:-1] += 3.0
    expected[1:] += 2.0 * x[1:]
    assert np.allclose(grad(f)(x), expected)


UNTOUCHED = {
    "zeros that are read": """
        func f(x: f8[n], v: f8[m]) -> (f8[n], f8[n]):
          a: f8[n] = zeros 9
          a.1: f8[n] = additem a, 1:, v
          return a.1, a
    """,
    "another buffer": """
        func f(x: f8[n], v: f8[m]) -> f8[n]:
          a: f8[n] = mul x, 2.0
          a.1: f8[n] = additem a, 1:, v
          return a.1
    """,
    "repeated entries": """
        func f(x: f8[n], v: f8[m], rows: i8[m]) -> f8[n]:
          a: f8[n] = zeros 9
          a.1: f8[n] = additem a, rows, v
          return a.1
    """,
    "complex numbers": """
        func f(x: f8[n], v: c16[m]) -> f8[n]:
          a: f8[n] = zeros 9
          a.1: f8[n] = additem a, 1:, v
          return a.1
    """,
    "the next iteration": """
        func f(x: f8[n], v: f8[m], k: pyi) -> f8[n]:
          a: f8[n] = zeros 9
          a.3: f8[n] = for i in range(k) carry a.1 = a:
            a.2: f8[n] = additem a.1, 1:, v
            yield a.2
          return a.3
    """,
}


@pytest.mark.parametrize("text", UNTOUCHED.values(), ids=UNTOUCHED)
def test_what_is_left_alone(text):
    assert dump(store_first(parse(text))) == dump(parse(text))


def test_an_addition_comes_before_a_subtraction():
    def f(x):
        return np.sum((x[1:] - x[:-1]) ** 3)

    source = grad(f).source(np.ones(4))
    assert "x_bar[1:] = " in source and "x_bar[:-1] -= " in source


@pytest.mark.parametrize("columns", [0, 1, 2, 3, 5, 8])
@pytest.mark.parametrize("n", [0, 2, 3])
def test_gradients_where_slices_are_cut_off(columns, n):
    z = np.linspace(-1.0, 1.0, 2 * columns).reshape(2, columns)

    def f(z, b):
        k = len(b)
        return np.sum(np.tanh(z[:, :k])) + np.sum(np.exp(z[:, k : 2 * k])) + np.sum(z[:, 2 * k :] ** 2)

    b = np.ones(n)
    value, z_bar = value_and_grad(f)(z, b)
    expected = np.concatenate([1.0 - np.tanh(z[:, :n]) ** 2, np.exp(z[:, n : 2 * n]), 2.0 * z[:, 2 * n :]], axis=1)
    assert value == f(z, b)
    assert np.allclose(z_bar, expected)
    assert "np.empty" in grad(f).source(z, b)
