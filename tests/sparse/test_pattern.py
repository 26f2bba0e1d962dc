"""Which entries of a Jacobian can be other than zero."""

from __future__ import annotations

import numpy as np
import pytest

from s2sgrad import grad, jacfwd
from s2sgrad.errors import ArgnumsError, ArgumentTypeError, NotDifferentiable, UnsupportedCall
from tests.sparse.programs import EXACT, WIDER, A, N

sparse = pytest.importorskip("scipy.sparse")

from s2sgrad.sparse import sparsity  # noqa: E402

X = np.array([0.7, -0.3, 1.1, 0.4, -0.9, 0.6])


def nonzeros(f, x=X):
    """Where the Jacobian is other than zero at ``x`` or very close to it."""
    derivative, rng = jacfwd(f), np.random.default_rng(0)
    found = False
    for _ in range(3):
        found = found | (derivative(x + 1e-3 * rng.normal(size=x.size)) != 0)
    return np.reshape(found, (-1, x.size))


def pattern(f, *args):
    return sparsity(f)(*args).toarray()


@pytest.mark.parametrize("f", EXACT)
def test_patterns(f):
    np.testing.assert_array_equal(pattern(f, X), nonzeros(f))


@pytest.mark.parametrize("f", WIDER)
def test_patterns_that_leave_nothing_out(f):
    assert not (nonzeros(f) & ~pattern(f, X)).any()


def test_what_has_no_rule_depends_on_everything_that_goes_in():
    def f(x):
        return np.concatenate([np.interp(x[:2], x[2:4], np.array([1.0, 2.0])), x[4:]])

    expected = np.zeros((4, 6), bool)
    expected[:2, :4] = expected[2, 4] = expected[3, 5] = True
    np.testing.assert_array_equal(pattern(f, X), expected)


def test_the_pattern_of_a_hessian_is_that_of_the_gradients_jacobian():
    def f(x):
        return np.sum(x[1:] ** 2 * x[:-1]) + 3.0 * np.sum(x)

    np.testing.assert_array_equal(pattern(grad(f), X), nonzeros(grad(f)))


def test_linear_terms_are_not_in_a_hessian():
    assert not pattern(grad(lambda x: np.sum(A @ x)), X).any()


def test_arguments_and_results_of_several_axes_are_in_c_order():
    def f(x):
        return x.T * 2.0

    found = sparsity(f)(np.ones((2, 3))).toarray()
    np.testing.assert_array_equal(found, jacfwd(f)(np.ones((2, 3))).reshape(6, 6) != 0)


def test_a_long_sum_is_one_union():
    def f(x):
        total = 0.0
        for i in range(len(x)):
            total += x[i] ** 2
        return total

    assert pattern(f, np.ones(2000)).sum() == 2000


# -- when a pattern is found again ---------------------------------------------------------------------


def patterns_found(s):
    (specialisation,) = s.dispatcher
    return len(specialisation.function.kept)


def test_values_that_decide_nothing_do_not_matter():
    s = sparsity(lambda x: A @ np.where(x > 0, x, 2.0 * x) * x[0])
    s(X)
    s(-X)
    assert patterns_found(s) == 1


def test_the_path_depends_on_values():
    s = sparsity(lambda x: x[:3] * x[3:] if x[0] > 0 else x[:3])
    assert s(X).nnz == 6
    assert s(-X).nnz == 3
    assert s(X).nnz == 6


def test_indices_count():
    s = sparsity(lambda x, i: x[i] * 2.0)
    assert s(X, np.array([0, 1])).toarray()[1, 1]
    assert s(X, np.array([0, 5])).toarray()[1, 5]


def test_a_length_counts():
    s = sparsity(lambda x: x[1:] - x[:-1])
    assert s(X).shape == (5, 6)
    assert s(X[:4]).shape == (3, 4)


def test_entries_of_a_constant_matrix_count():
    B = np.eye(N)
    s = sparsity(lambda x: B @ x)
    assert s(X).nnz == 6
    B[0, 3] = 1.0
    assert s(X).nnz == 7


@pytest.mark.filterwarnings("ignore::scipy.sparse.SparseEfficiencyWarning")
@pytest.mark.parametrize("product", [lambda B, x: B @ x, lambda B, x: x @ B, lambda B, x: B.T @ x])
def test_entries_of_a_sparse_matrix_count(product):
    B = sparse.csr_array(np.eye(N))
    s = sparsity(lambda x: product(B, x))
    assert s(X).nnz == 6
    B[0, 3] = 1.0
    np.testing.assert_array_equal(s(X).toarray(), nonzeros(lambda x: product(B, x)))


def test_an_index_that_is_computed_from_the_argument_counts():
    s = sparsity(lambda x: x[np.argsort(x)])
    np.testing.assert_array_equal(s(X).toarray(), np.eye(N)[np.argsort(X)])
    np.testing.assert_array_equal(s(-X).toarray(), np.eye(N)[np.argsort(-X)])


def test_a_length_that_depends_on_values_counts():
    def f(x):
        y = x * 1.0
        for i in range(len(np.where(x > 0)[0])):
            y[i] = y[i] * x[5]
        return y

    s = sparsity(f)
    for x in (X, np.abs(X), -np.abs(X)):
        np.testing.assert_array_equal(s(x).toarray(), nonzeros(f, x))


def test_keys_count():
    def f(x, k):
        d = {0: x[0], 1: x[1]}
        d[k] = x[2]
        return np.array([d[0], d[1]])

    s = sparsity(f)
    assert s(X, 0).toarray()[:, 2].tolist() == [True, False]
    assert s(X, 1).toarray()[:, 2].tolist() == [False, True]


def test_the_result_is_the_callers():
    s = sparsity(lambda x: x * 2.0)
    s(X).data[:] = False
    assert s(X).toarray().any()


def test_arguments_are_not_written():
    def f(x, y):
        y[0] = x[1]
        return x * y

    y = np.ones(N)
    sparsity(f)(X, y)
    np.testing.assert_array_equal(y, np.ones(N))


# -- what is refused -------------------------------------------------------------------------------------


def test_effects_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(UnsupportedCall, match="sparsity of the derivative"):
        sparsity(lambda x: x * rng.normal())(X)


def test_printing_is_left_to_the_derivative(capsys):
    def f(x):
        print("here")
        return x * 2.0

    sparsity(f)(X)
    assert capsys.readouterr().out == ""


def test_one_argument_and_one_result():
    with pytest.raises(ArgumentTypeError, match="not one number or one array"):
        sparsity(lambda xs: xs[0])([1.0, 2.0])
    with pytest.raises(NotDifferentiable, match="one array of floats"):
        sparsity(lambda x: (x, x))(X)
    with pytest.raises(ArgnumsError, match="one argument"):
        sparsity(lambda x, y: x * y, (0, 1))
