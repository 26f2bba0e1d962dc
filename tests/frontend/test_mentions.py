"""Syntax says which names it mentions, and as what."""

from __future__ import annotations

import gast
import pytest

from s2sgrad.frontend.mentions import Mentions, mentions_of_all


def found(text: str) -> Mentions:
    return mentions_of_all(gast.parse(text).body)


@pytest.mark.parametrize(
    ("text", "loads", "stores"),
    [
        ("x = y + z", "y z", "x"),
        ("x[i] = y.a", "x i y", ""),
        ("x += y", "x y", "x"),
        ("for i, (a, *b) in xs:\n    c = i", "xs i", "i a b c"),
        ("with f() as g:\n    x = g", "f g", "g x"),
        ("try:\n    x = 1\nexcept E as e:\n    y = e", "E e", "x y e"),
        ("a = [(n := x) + y for x in xs]", "x y xs", "a n"),
        ("if (n := len(x)) > 1:\n    y = n", "len x n", "n y"),
        ("def f(a=d):\n    b = a + c\n    return b", "a b c d", "f"),
        ("g = lambda a: (a, c)", "a c", "g"),
        ("class C:\n    k = v", "v", "C"),
        ("del x", "x", "x"),
        ("import a.b, c as d\nfrom e import f as g", "", "a d g"),
        ("match x:\n    case [a, *b]:\n        y = a\n    case {'k': c, **d}:\n        pass", "x a", "a b c d y"),
    ],
)
def test_loads_and_stores(text: str, loads: str, stores: str) -> None:
    assert found(text).loads == set(loads.split())
    assert found(text).stores == set(stores.split())


def test_augmented_assignments_do_not_rebind() -> None:
    assert found("x += 1\ny += 1\ny = 2").rebound == {"y"}


def test_functions_inside() -> None:
    text = "def f(a):\n    nonlocal n\n    n = a + c\n    h(lambda: d)\nglobal g\ng = b"
    assert found(text).inner == {"a", "c", "d", "h"}
    assert found(text).nonlocals == {"n"}
    assert found(text).declared == {"g": "global"}
    assert found(text).called == {"h"}
