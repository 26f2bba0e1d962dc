"""Random programs over the language: derivatives right or refused, never wrong, never a crash.

``python -m tests.fuzz --seeds 0:10000`` sweeps over more of them and makes what fails small.
"""

from __future__ import annotations

import pytest

from tests.fuzz.__main__ import outcome_of
from tests.fuzz.generate import program
from tests.fuzz.oracles import examine
from tests.fuzz.shrink import shrink


def check(seeds: range) -> None:
    outcomes = [outcome_of(seed) for seed in seeds]
    failed = [(seed, outcome) for seed, outcome in outcomes if outcome.failed]
    report = "\n".join(f"seed {seed}: {o.kind}, {o.what}: {o.detail[-200:]}" for seed, o in failed)
    assert not failed, f"see `python -m tests.fuzz --seeds {failed[0][0]}`\n{report}"
    right = sum(outcome.kind == "right" for _, outcome in outcomes)
    assert right >= 0.7 * len(seeds), f"only {right} of {len(seeds)} programs could be differentiated"


@pytest.mark.parametrize("first", range(0, 120, 15))
def test_random_programs(first: int) -> None:
    check(range(first, first + 15))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 3000, 100))
def test_many_random_programs(first: int) -> None:
    check(range(first, first + 100))


def test_a_seed_gives_the_same_program_always() -> None:
    assert program(7) == program(7)
    assert program(7) != program(8)


def test_a_kink_is_not_called_wrong() -> None:
    at_a_kink = "import numpy as np\n\ndef f(x, n):\n    return abs(x - x * 1.0) + np.abs(x - x)\n"
    assert examine(at_a_kink, 3).kind in ("right", "unclear")


def test_an_invalid_program_is_told_apart() -> None:
    assert examine("def f(x, n):\n    return 1.0 / 0.0\n", 0).kind == "invalid"


def test_shrinking_keeps_what_fails() -> None:
    source = "def f(x, n):\n    y = x + 1.0\n    if x > 0:\n        y = y * bad(x)\n    return y\n"
    assert shrink(source, lambda text: "bad(x)" in text, seconds=5.0) == "def f(x, n):\n    y = bad(x)"
