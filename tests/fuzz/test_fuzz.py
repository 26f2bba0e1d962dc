"""Random programs over the language: derivatives right or refused, never wrong, never a crash.

``python -m tests.fuzz --seeds 0:10000`` sweeps over more of them and makes what fails small.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.__main__ import outcome_of
from tests.fuzz.generate import program
from tests.fuzz.oracles import examine
from tests.fuzz.shrink import shrink
from tests.fuzz.strategies import programs


def check(seeds: range, constructs: bool = False) -> None:
    outcomes = [outcome_of(seed, constructs) for seed in seeds]
    failed = [(seed, outcome) for seed, outcome in outcomes if outcome.failed]
    report = "\n".join(f"seed {seed}: {o.kind}, {o.what}: {o.detail[-200:]}" for seed, o in failed)
    option = " --constructs" if constructs else ""
    assert not failed, f"see `python -m tests.fuzz{option} --seeds {failed[0][0]}`\n{report}"
    right = sum(outcome.kind == "right" for _, outcome in outcomes)
    assert right >= 0.7 * len(seeds), f"only {right} of {len(seeds)} programs could be differentiated"


@pytest.mark.parametrize("first", range(0, 120, 15))
def test_random_programs(first: int) -> None:
    check(range(first, first + 15))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 3000, 100))
def test_many_random_programs(first: int) -> None:
    check(range(first, first + 100))


def test_random_programs_with_more_constructs() -> None:
    check(range(15), constructs=True)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 2000, 100))
def test_many_random_programs_with_more_constructs(first: int) -> None:
    check(range(first, first + 100), constructs=True)


_BUDGET = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@_BUDGET
@given(programs(), st.integers(0, 3))
def test_programs_that_hypothesis_chooses(source: str, seed: int) -> None:
    check_source(source, seed)


@pytest.mark.slow
@settings(_BUDGET, max_examples=1000)
@given(programs(), st.integers(0, 3))
def test_more_programs_that_hypothesis_chooses(source: str, seed: int) -> None:
    check_source(source, seed)


def check_source(source: str, seed: int) -> None:
    outcome = examine(source, seed, second=seed == 0)
    assert not outcome.failed, f"{outcome.kind}, {outcome.what}: {outcome.detail}\n{source}"


EMIT = """
import hashlib
from s2sgrad import S2SGradError, grad
from tests.fuzz.generate import program
from tests.fuzz.oracles import arguments, load
for seed in range(12):
    f = load(program(seed))
    try:
        print(seed, hashlib.sha256(grad(f).source(*arguments(f, seed)).encode()).hexdigest())
    except S2SGradError as error:
        print(seed, error.what)
"""


def test_what_is_emitted_does_not_depend_on_hash_seeds() -> None:
    found = set()
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "S2SGRAD_CACHE": "0"}
        found.add(subprocess.run([sys.executable, "-c", EMIT], env=env, capture_output=True, check=True).stdout)
    assert len(found) == 1 and found.pop().count(b"\n") == 12


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
