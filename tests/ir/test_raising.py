"""What an operation may raise decides what a `try` has to keep: nothing that is not known is taken to be harmless."""

from __future__ import annotations

import math
import operator

import numpy as np
import pytest

from s2sgrad.ir.core import Call, Const, Value
from s2sgrad.ir.raising import escaping, may_raise
from s2sgrad.ir.types import FLOAT, OBJECT, Array, Dim, Scalar

X = Value(FLOAT)
S = Value(Scalar(np.dtype(np.float64)))
A, B = (Value(Array(np.dtype(np.float64), (Dim(k),))) for k in "ab")


@pytest.mark.parametrize(
    ("fn", "args", "exception", "expected"),
    [
        (operator.mul, (X, X), Exception, False),
        (operator.truediv, (X, X), ZeroDivisionError, True),
        (operator.truediv, (X, X), ValueError, False),
        (operator.mul, (S, S), FloatingPointError, True),
        (operator.add, (A, A), ValueError, False),
        (operator.add, (A, B), ValueError, True),
        (operator.getitem, (A, Const(0)), IndexError, True),
        (operator.getitem, (A, slice(Const(0), Const(2), Const(None))), IndexError, False),
        (math.log, (X,), ValueError, True),
        (np.linalg.cholesky, (A,), np.linalg.LinAlgError, True),
        (np.tril, (A,), np.linalg.LinAlgError, False),
        (np.apply_along_axis, (Const(len), Const(0), A), KeyError, True),
        (print, (X,), Exception, False),
        (open, (Const("file"),), OSError, True),
    ],
)
def test_what_may_be_raised(fn, args, exception, expected):
    assert may_raise(Call(fn, args, {}, [Value(OBJECT)]), (exception,)) is expected


def test_an_effect_may_raise_anything():
    assert may_raise(Call(operator.mul, (X, X), {}, [Value(FLOAT)], effect=True), (KeyError,))


def test_what_passes_a_handler_by():
    assert escaping((ValueError, IndexError), (LookupError,)) == (ValueError,)
    assert escaping((BaseException,), (ValueError,)) == (BaseException,)
    assert escaping((BaseException,), (Exception,)) == ()
