"""What is found infeasible has no solution among small integers; and what one would expect is found."""

from __future__ import annotations

import random
from itertools import product

from s2sgrad.ir.inequalities import CONSTANT, Form, infeasible


def value(form: Form, at: dict[str, int]) -> int:
    return form.get(CONSTANT, 0) + sum(n * at[str(a)] for a, n in form.items() if a != CONSTANT)


def test_nothing_that_has_a_solution_is_infeasible() -> None:
    rng = random.Random(0)
    found = 0
    for _ in range(400):
        forms = [{v: rng.randint(-2, 2) for v in "xyz"} | {CONSTANT: rng.randint(-4, 3)} for _ in range(5)]
        zero = [{v: rng.randint(-2, 2) for v in "xyz"} | {CONSTANT: rng.randint(-2, 2)}]
        if infeasible(forms, zero):
            found += 1
            for point in product(range(-5, 6), repeat=3):
                at = dict(zip("xyz", point, strict=True))
                assert value(zero[0], at) or any(value(f, at) < 0 for f in forms)
    assert found > 40


def test_bounds_contradict_each_other() -> None:
    below = {"j": -1, "i": 1, CONSTANT: -1}  # j < i
    assert infeasible([below], [{"i": 1, "j": -1}])
    assert not infeasible([below], [{"i": 1, "j": -1, CONSTANT: -1}])


def test_integers_are_even_or_odd() -> None:
    assert infeasible([], [{"x": 2, "y": -4, CONSTANT: 1}])


def test_no_number_is_negative_and_not() -> None:
    assert infeasible([{CONSTANT: -1}])
    assert infeasible([], [{CONSTANT: 2}])
    assert not infeasible([{}, {CONSTANT: 3}])
