import math

import pytest

from s2sgrad.rules.table import RULES, rule_of
from tests.rules.checking import check

CASES = [
    (math.sin, 0.7),
    (math.cos, 0.7),
    (math.tan, 0.7),
    (math.asin, 0.7),
    (math.acos, -0.3),
    (math.atan, 0.7),
    (math.atan2, 0.7, -0.4),
    (math.sinh, 0.7),
    (math.cosh, 0.7),
    (math.tanh, 0.7),
    (math.asinh, -0.7),
    (math.acosh, 1.7),
    (math.atanh, 0.7),
    (math.exp, 0.7),
    (math.exp2, 0.7),
    (math.expm1, 0.7),
    (math.log, 0.7),
    (math.log, 0.7, 3.0),
    (math.log1p, 0.7),
    (math.log2, 0.7),
    (math.log10, 0.7),
    (math.sqrt, 0.7),
    (math.cbrt, -0.7),
    (math.pow, 0.7, 1.3),
    (math.hypot, -0.7),
    (math.hypot, 0.7, -0.4),
    (math.hypot, 0.7, -0.4, 0.2),
    (math.erf, 0.7),
    (math.erfc, 0.7),
    (math.fabs, -0.7),
    (math.copysign, 0.7, -1.0),
    (math.copysign, -0.7, -1.0),
    (math.fmod, -7.2, 2.1),
    (math.nextafter, 0.7, 2.0),
    (math.remainder, 7.2, 2.1),
    (math.ldexp, 0.7, 3),
    (math.degrees, 0.7),
    (math.radians, 0.7),
]


@pytest.mark.parametrize(
    "fn, args", [(fn, args) for fn, *args in CASES], ids=lambda case: getattr(case, "__name__", None)
)
def test_derivative(fn, args):
    check(fn, *args)


def test_every_rule_is_checked():
    rules = {fn for fn, rule in RULES.items() if getattr(fn, "__module__", "") == "math" and not rule.nondiff}
    in_cases = {math.dist, math.fsum, math.frexp, math.gamma, math.lgamma, math.modf}
    assert rules == {fn for fn, *_ in CASES} | in_cases


def test_corners():
    assert rule_of(math.pow).partials(1.0, 0.0, 0.0) == (0.0, 0.0)
    assert rule_of(math.hypot).partials(0.0, 0.0, 0.0) == (0.0, 0.0)
    assert rule_of(math.fabs).partials(0.0, 0.0) == 0.0
