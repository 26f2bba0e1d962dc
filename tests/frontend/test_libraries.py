"""What libraries are made of: conversions, options, tables of functions, flags of the module."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pytest

from s2sgrad import grad, value_and_grad, vjp
from s2sgrad.errors import MutationError, UnsupportedCall, UnsupportedSyntax
from tests.frontend.checking import N, check

AXIS = 0
PRECISE = None


def to_numpys_number(x, ys):
    a = np.float64(x) / np.float64(3)
    b = np.float64(ys)
    return np.log(a) + b.sum() + np.float64(2.0) * a


def a_converted_array_is_the_array_itself(ys):
    zs = ys * 2.0
    same = np.float64(zs)
    same[0] = 5.0
    return zs.sum()


def axes_on_numbers(xs):
    columns = [x[..., np.newaxis] for x in (xs[0], xs[1] * xs[2])]
    return (np.concatenate(columns, axis=-1) ** 2).sum() + xs[1][()]


def unpacked_from_a_map(rate, n):
    (r, periods) = map(np.asarray, [rate, n])
    factor = (1.0 + r) ** periods
    return np.where(r == 0, periods, (factor - 1.0) / r)[()]


def unpacked_from_a_generator(xs):
    a, b, c = (x * k for k, x in enumerate(xs, 1))
    return a * b * c


def a_flag_decides_how_many_results(x, slopes=False):
    result = x * x, x + 1.0
    if slopes:
        result += (2.0 * x,)
    return sum(result)


def a_number_of_the_module_is_an_axis(A):
    return (A.sum(axis=AXIS + 0) ** 2).sum()


def an_absent_argument_is_tested_late(x, model=None, gain=None):
    if x and model and gain:
        return x * model.slope * gain
    if gain is None or x > 1e9 or gain.scale > 0:
        return x * 3.0
    return gain.scale


def a_global_that_is_loaded_once(x):
    global PRECISE
    if PRECISE is None and x < 0:
        return -x
    return x * x


@pytest.mark.parametrize(
    "function, args",
    [
        (to_numpys_number, (1.7, N.copy())),
        (a_converted_array_is_the_array_itself, (N.copy(),)),
        (axes_on_numbers, (N.copy(),)),
        (unpacked_from_a_map, (0.05, 10.0)),
        (unpacked_from_a_generator, (N.copy(),)),
        (a_flag_decides_how_many_results, (1.5, True)),
        (a_flag_decides_how_many_results, (1.5,)),
        (a_number_of_the_module_is_an_axis, (np.outer(N, N),)),
        (an_absent_argument_is_tested_late, (0.7,)),
        (a_global_that_is_loaded_once, (0.7,)),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_gradients(function, args):
    if isinstance(args[-1], bool) or function is an_absent_argument_is_tested_late:
        value, bar = value_and_grad(function)(*args)
        assert value == function(*args)
        assert np.isclose(bar, (function(args[0] + 1e-6, *args[1:]) - function(args[0] - 1e-6, *args[1:])) / 2e-6)
    else:
        check(function, *args)


def test_a_flag_that_changes_between_calls_is_seen():
    g = grad(a_flag_decides_how_many_results)
    assert g(1.5, False) == 4.0
    assert g(1.5, True) == 6.0
    assert g(1.5, False) == 4.0


def test_a_number_of_the_module_that_changes_is_seen(monkeypatch):
    A = np.outer(N, np.arange(1.0, 4.0))
    g = grad(a_number_of_the_module_is_an_axis)
    assert np.array_equal(g(A), np.broadcast_to(2.0 * A.sum(axis=0), A.shape))
    monkeypatch.setattr("tests.frontend.test_libraries.AXIS", 1)
    assert np.array_equal(g(A), np.broadcast_to(2.0 * A.sum(axis=1)[:, None], A.shape))


def assigns_a_global(x):
    global PRECISE
    PRECISE = x
    return x * PRECISE


def test_a_global_that_is_assigned_is_refused():
    with pytest.raises(MutationError, match="global variable `PRECISE`"):
        grad(assigns_a_global)(2.0)


def of_two_kinds(x, y):
    a = [x] if y > 0 else x
    return a[0] if y > 0 else a


def test_kinds_that_a_differentiated_value_decides_are_refused():
    with pytest.raises(UnsupportedSyntax, match="depends on a branch"):
        grad(of_two_kinds, argnums=(0, 1))(2.0, 1.0)


def test_integers_from_numbers_have_no_derivative():
    value, back = vjp(lambda x: np.int64(x * 2.0) * x, 1.7)
    assert value == 3 * 1.7
    assert back(1.0) == (3.0,)


def masked_entries_of_no_axes(xs):
    hue = np.asarray(np.where(xs[0] > 1.0, xs[1] - xs[2], xs[2] * xs[1]))
    hue[np.asarray(hue < 0)] += 1.0
    hue[np.asarray(xs[1] == 0)] = 0.0
    stacked = np.asarray([hue, xs[0], xs[1]])
    return (stacked**2).sum()


def a_conversion_of_what_may_be_anything(xs, n):
    scaled = xs[:2] * 2.0 if n > 3 else xs[0]
    if isinstance(scaled, (str, dict)):
        scaled = list(scaled)
    return np.sum(np.asarray(scaled) ** 2) * xs[2]


def columns_of_a_stack(xs):
    columns = np.array([xs[..., k] for k in range(xs.shape[-1])])
    a, b, c = columns
    full = np.resize(np.asarray(3.0), a.shape) * c
    return np.concatenate([v[..., np.newaxis] for v in np.asarray([a * b, b, full])], axis=-1).sum() ** 2


@pytest.mark.parametrize(
    "function, args",
    [
        (masked_entries_of_no_axes, (N.copy(),)),
        (columns_of_a_stack, (N.copy(),)),
        (columns_of_a_stack, (np.outer(N, N),)),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_colours(function, args):
    check(function, *args)


@pytest.mark.parametrize("n", [3, 5])
def test_what_may_be_a_number_or_an_array_is_no_text(n):
    value, bar = value_and_grad(a_conversion_of_what_may_be_anything)(N.copy(), n)
    assert value == a_conversion_of_what_may_be_anything(N.copy(), n)
    assert np.isclose(bar[2], value / N[2])


def named(x, kind="Linear"):
    if kind.lower().startswith(("lin", "aff")) and str(3) in "123":
        return 2.0 * x
    first, *_ = kind.split("-")
    return x * len(first)


def test_text_is_known_while_compiling():
    assert value_and_grad(named)(2.0) == (4.0, 2.0)
    assert value_and_grad(named)(2.0, "cube-like") == (8.0, 4.0)
    assert "lower" not in grad(named).source(2.0)


def picks(x, *others):
    unit = next((o for o in others if isinstance(o, str)), None)
    return x * 3.0 if unit is None else x * len(unit)


def test_next_of_what_is_known():
    assert grad(picks)(2.0) == 3.0
    assert grad(picks)(2.0, 1.0, "metre", "x") == 5.0


def report(x, y):
    return {"x": memoryview(bytearray(x)), "y": y}


def a_flag_leads_to_what_is_not_supported(x, details=False):
    with np.errstate(divide="ignore"):
        y = np.exp(x)
    if not details:
        return y * x
    return report(x, y)


def test_a_flag_is_known_where_one_side_of_it_is_refused():
    value, bar = value_and_grad(a_flag_leads_to_what_is_not_supported)(0.5)
    assert value == np.exp(0.5) * 0.5
    assert np.isclose(bar, np.exp(0.5) * 1.5)
    with pytest.raises(UnsupportedCall, match="memoryview|bytearray"):
        grad(a_flag_leads_to_what_is_not_supported)(0.5, True)


def labelled(x, options={}):
    y = x**2
    try:
        y.name = "square"
    except AttributeError:
        pass
    return scaled(y, **options)


def scaled(y, factor=3.0):
    return y * factor


@dataclass
class Point:
    x: float
    y: float


def through_the_fields(x):
    p = Point(x, 2.0 * x)
    total = 0.0
    for field in dataclasses.fields(p):
        total = total + getattr(p, field.name) ** 2
    a, b = dataclasses.astuple(p)
    return total * a + b


@pytest.mark.parametrize("function", [labelled, through_the_fields])
def test_attributes(function):
    value, bar = value_and_grad(function)(1.5)
    assert value == function(1.5)
    assert np.isclose(bar, (function(1.5 + 1e-6) - function(1.5 - 1e-6)) / 2e-6)
