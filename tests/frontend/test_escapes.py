"""Ways for a value to leave the numbers: carried through, or refused; never a silent zero."""

from __future__ import annotations

import ctypes
import decimal
import fractions
import json
import pickle
import struct

import numpy as np
import pytest

from s2sgrad import S2SGradError, grad
from tests.frontend.checking import N, check

CARRIED = {
    "float": lambda x: float(x[0]) * x[1],
    "item": lambda x: x[0].item() * x.item(1),
    "tolist": lambda x: sum(t * t for t in x.tolist()),
    "sorted": lambda x: sorted(x)[0] * x[1],
    "fromiter": lambda x: np.fromiter((2.0 * t for t in x), float)[0] * x[1],
    "an array of numbers": lambda x: np.array([x[0], 2.0 * float(x[1])]) @ x[1:],
    "an array of objects": lambda x: np.array([x[0], None], dtype=object)[0] * x[1],
    "jumps": lambda x: int(x[0] * 10.0 + 0.5) * x[1] + round(float(x[2]), 1) * x[0],
}

REFUSED = {
    "percent": lambda x: float("%.17g" % x[0]) * x[1],  # noqa: UP031
    "an f-string": lambda x: float(f"{x[0]:.17g}") * x[1],
    "format": lambda x: float(format(x[0], ".17g")) * x[1],
    "str": lambda x: float(str(x[0])) * x[1],
    "repr": lambda x: float(repr(float(x[0]))) * x[1],
    "text of an array": lambda x: np.float64(np.array2string(x[0])) * x[1],
    "hex": lambda x: float.fromhex(float(x[0]).hex()) * x[1],
    "pickle": lambda x: pickle.loads(pickle.dumps(x))[0] * x[1],
    "json": lambda x: json.loads(json.dumps(x.tolist()))[0] * x[1],
    "struct": lambda x: struct.unpack("d", struct.pack("d", x[0]))[0] * x[1],
    "bytes": lambda x: np.frombuffer(x.tobytes())[0] * x[1],
    "frombuffer": lambda x: np.frombuffer(x)[0] * x[1],
    "memoryview": lambda x: memoryview(x)[0] * x[1],
    "a view of the bits": lambda x: x.view(np.int64).view(np.float64)[0] * x[1],
    "decimal": lambda x: float(decimal.Decimal(float(x[0]))) * x[1],
    "fraction": lambda x: float(fractions.Fraction(float(x[0]))) * x[1],
    "ctypes": lambda x: ctypes.c_double(x[0]).value * x[1],
}


@pytest.mark.parametrize("name", CARRIED)
def test_carried_through(name):
    check(CARRIED[name], N)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    with pytest.raises(S2SGradError) as refused:
        grad(REFUSED[name])(N)
    assert "  --> " in str(refused.value)
    assert "= help:" in str(refused.value)
