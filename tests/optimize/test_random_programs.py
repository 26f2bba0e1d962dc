"""No pass changes what a program computes."""

import numpy as np
import pytest

from s2sgrad.ir.clone import clone_function
from s2sgrad.ir.interpret import interpret
from s2sgrad.ir.printer import dump
from s2sgrad.ir.verify import verify
from s2sgrad.optimize.cse import cse
from s2sgrad.optimize.dce import dce
from s2sgrad.optimize.hoist import hoist
from s2sgrad.optimize.pipeline import clean, optimize
from s2sgrad.optimize.simplify import simplify
from tests.optimize.random_programs import Generator


def arguments():
    return 0.75, -1.25, np.array([1.5, -0.5, 2.0]), np.array([0.25, 3.0, -1.0]), 1


def clean_body(function):
    clean(function.body)
    return function


@pytest.mark.parametrize("run", [cse, dce, hoist, simplify, clean_body, optimize])
@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize("chunk", range(4))
@np.errstate(all="ignore")
def test_same_results(run, adjoint, chunk):
    exact = not adjoint or run in (cse, dce, hoist)
    for seed in range(chunk * 100, chunk * 100 + 100):
        function = Generator(seed, adjoint=adjoint).function()
        verify(function)
        expected = interpret(function, *arguments())
        text = dump(function)
        changed = run(clone_function(function))
        verify(changed)
        for x, y in zip(expected, interpret(changed, *arguments())):
            same = np.array_equal(x, y, equal_nan=True) if exact else np.allclose(x, y, rtol=1e-9, equal_nan=True)
            assert same, f"seed {seed}: {x} became {y}\n{text}\n{dump(changed)}"
            assert type(x) is type(y), f"seed {seed}: {text}\n{dump(changed)}"


def test_passes_reach_a_fixed_point_soon():
    for seed in range(100):
        function = optimize(Generator(seed, adjoint=True).function())
        for _ in range(3):
            function = optimize(function)
        before = dump(function)
        assert dump(optimize(function)) == before, f"seed {seed}"
