"""Whether two functions are the same code."""

import operator

import numpy as np

from s2sgrad.ir.build import Builder
from s2sgrad.ir.compare import fingerprint
from s2sgrad.ir.core import Function, Value
from s2sgrad.ir.types import Array, Dim


def scaled(factor: float, length: str, name: str = "x") -> Function:
    x, builder = Value(Array(np.dtype(float), (Dim(length),)), name), Builder()
    builder.block.results = [builder.call(operator.mul, x, factor)]
    return Function("scaled", [x], builder.block)


def test_lengths_do_not_count() -> None:
    assert fingerprint(scaled(2.0, "m")) == fingerprint(scaled(2.0, "n"))


def test_constants_and_names_do() -> None:
    assert fingerprint(scaled(2.0, "m")) != fingerprint(scaled(3.0, "m"))
    assert fingerprint(scaled(2.0, "m")) != fingerprint(scaled(2.0, "m", "y"))
