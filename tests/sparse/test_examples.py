"""The examples in the docstrings of what is public are right."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

pytest.importorskip("scipy.sparse")

from s2sgrad import sparse  # noqa: E402


@pytest.mark.parametrize("name", ["color", "sparse_hessian", "sparse_jacobian", "sparsity"])
def test_examples(name):
    (test,) = (t for t in doctest.DocTestFinder().find(getattr(sparse, name), name, globs=vars(sparse).copy()))
    assert test.examples
    with np.printoptions(legacy=False, precision=8):
        assert not doctest.DocTestRunner(verbose=False).run(test).failed
