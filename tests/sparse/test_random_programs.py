"""Random programs: the sparse derivatives are the dense ones, and patterns leave nothing out."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import S2SGradError, grad, hessian
from tests.fuzz.generate import program
from tests.fuzz.oracles import arguments, load

pytest.importorskip("scipy.sparse")

from s2sgrad.sparse import sparse_hessian, sparse_jacobian  # noqa: E402


def check(seeds):
    compared = 0
    for seed in seeds:
        f = load(program(seed))
        args = arguments(f, seed)

        def call(derivative, args=args):
            return derivative(*(x.copy() if isinstance(x, np.ndarray) else x for x in args))

        k = max(range(len(args)), key=lambda k: np.size(args[k]))
        n = np.size(args[k])
        try:
            first, second = np.reshape(call(grad(f, k)), (1, n)), np.reshape(call(hessian(f, k)), (n, n))
        except (S2SGradError, ArithmeticError, ValueError):
            continue
        found = [call(sparse_jacobian(f, k)), call(sparse_hessian(f, k)), call(sparse_jacobian(grad(f, k), k))]
        for matrix, expected in zip(found, (first, second, second), strict=True):
            scale = 1e-9 * (1.0 + np.abs(expected).max())
            np.testing.assert_allclose(matrix.toarray(), expected, rtol=1e-9, atol=scale, err_msg=f"seed {seed}")
        compared += 1
    return compared


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_random_programs():
    assert check(range(8)) >= 5


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("first", range(100, 500, 50))
def test_many_random_programs(first):
    assert check(range(first, first + 50)) >= 30
