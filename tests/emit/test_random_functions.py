"""Emitted source computes what the IR means, and leaves the caller's arrays alone."""

import numpy as np
import pytest

from s2sgrad.emit import compile_module, emit
from s2sgrad.ir.clone import clone_function
from s2sgrad.ir.interpret import interpret
from s2sgrad.ir.printer import dump
from s2sgrad.ir.verify import verify
from s2sgrad.optimize.inplace import inplace
from tests.emit.random_functions import Sharing


def arguments():
    matrix = np.arange(9.0).reshape(3, 3) / 4 - 1
    return 0.75, -1.25, np.array([1.5, -0.5, 2.0]), np.array([0.25, 3.0, -1.0]), matrix, 1


def agrees(seed: int) -> None:
    function = Sharing(seed, adjoint=seed % 2 == 0).function()
    try:
        expected = interpret(function, *arguments())
    except ValueError:  # the program writes into something read-only
        return
    changed = inplace(clone_function(function))
    verify(changed)
    module = emit(changed)
    given = arguments()
    results = compile_module(module)(*given)
    context = f"seed {seed}\n{dump(function)}\n{dump(changed)}\n{module.source}"
    for x, y in zip(given, arguments(), strict=True):
        assert np.array_equal(x, y), context
    for x, y in zip(results, expected, strict=True):
        assert np.array_equal(x, y, equal_nan=True), context


@pytest.mark.parametrize("chunk", range(4))
@np.errstate(all="ignore")
def test_random_functions(chunk):
    for seed in range(chunk * 150, chunk * 150 + 150):
        agrees(seed)
