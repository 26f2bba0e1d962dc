"""``try``: the path that the primal took is the one that is differentiated, in both modes and to second order."""

from __future__ import annotations

import math

import numpy as np
import pytest

from s2sgrad import grad, jvp, value_and_grad
from s2sgrad.errors import S2SGradError
from tests.frontend.checking import N, check


class TooLarge(ValueError):
    """An exception of the user's."""

    def __init__(self, limit):
        super().__init__(f"above {limit}")
        self.limit = limit


class Lookup:
    def __init__(self, scale):
        self.scale = scale


# -- decided while compiling -------------------------------------------------------------------------


def number_or_array(x):
    try:
        x[0] = 1.0
    except TypeError:
        x = x * 2.0
    return np.sum(x * x)


def length_or_one(x):
    try:
        n = len(x)
    except TypeError as error:
        n = 1 if "has no len" in str(error) else 7
    return np.sum(x * n)


def attribute_or_default(x):
    box = Lookup(x)
    try:
        offset = box.offset
    except AttributeError:
        offset = box.scale * 3.0
    return box.scale * offset


def key_or_default(x):
    table = {"a": x}
    try:
        y = table["b"]
    except (KeyError, IndexError):
        y = table["a"] * 5.0
    return y * x


def index_past_the_end(x):
    pair = (x, x * x)
    try:
        y = pair[2]
    except LookupError:
        y = pair[1]
    return y * x


def optional_import(x):
    try:
        from no_such_package import fast_sin as sine
    except ImportError:
        sine = np.sin
    return sine(x) * x


def raised_for_certain(x):
    y = x * 2.0
    try:
        y = y * x
        raise TooLarge(3)
    except KeyError:
        y = x * 100.0
    except ValueError:
        y = y + x
    else:
        y = x * 1000.0
    return y


def unpack_or_single(x):
    try:
        a, b = x
    except TypeError:
        a = b = x
    return a * b


def handler_never_needed(x):
    try:
        y = x * 3.0
    except TypeError:
        y = unsupported(x)  # noqa: F821
    else:
        y = y * x
    finally:
        z = 2.0
    return y * z


def bare_raise_to_the_outer_handler(x):
    try:
        try:
            x[0] = 1.0
        except TypeError:
            x = x * 2.0
            raise
    except TypeError:
        return x * x
    return x


def _item_or_number(x):
    try:
        return x[0]
    except (TypeError, IndexError):
        return x


def in_a_helper(x):
    return _item_or_number(x) * _item_or_number(x)


# -- decided at run time -----------------------------------------------------------------------------


def division(x):
    try:
        y = 1.0 / (x - 1.0)
    except ZeroDivisionError:
        y = x * 3.0
    return y * y


def square_root(x):
    try:
        return math.sqrt(x - 2.0) * x
    except ValueError:
        return -x * x


def handler_of_arithmetic_only(x):
    try:
        y = math.sqrt(x)
        z = y * x
    except ArithmeticError:
        z = 0.0 * x
    return z + x


def raise_in_a_loop(x, n):
    s = 0.0
    for i in range(n):
        try:
            if x * i > 2.0:
                raise TooLarge(2)
            s = s + np.sin(x * i)
        except TooLarge as error:
            s = s * x + error.limit * 0.0
        else:
            s = s * 1.5
    return s


def loop_inside(x, n):
    total = 0.0
    try:
        s = 0.0
        for i in range(n):
            s = s * x + np.exp(x * 0.1)
            if s > 50.0:
                raise OverflowError("too big")
        total = s * s
    except OverflowError:
        total = x**2
    return total


def loops_outside_and_inside(x, n):
    total = 0.0
    for k in range(n):
        try:
            s = x
            for i in range(k + 1):
                s = s * x + i
                if s > 9.0:
                    raise ValueError("large")
            y = s * s
        except ValueError:
            y = np.sin(x) * k
        total = total * 0.5 + y
    return total


def continue_and_break(x, n):
    s = 0.0
    for i in range(n):
        try:
            y = 1.0 / (i - 1.0) * x
            if i == 4:
                break
        except ZeroDivisionError:
            continue
        s += y * y
    return s


def return_from_both(x, n):
    for i in range(n):
        try:
            if x * i > 2.0:
                raise ValueError
            if x * i > 1.0:
                return x * x * i
        except ValueError:
            return x
        finally:
            x = x * 1.1
    return -x


def changed_before_anything_can_raise(x, n):
    s = 0.0
    k = n
    a = np.zeros(2)
    while k > 0:
        try:
            k -= 1
            a[0] = k * x
            y = k * x * 2.0
            s = s + y / (k - 2)
        except ZeroDivisionError:
            s = s * y + a[0]
    return s


def several_handlers(x, which):
    try:
        if which == 0:
            raise KeyError("k")
        if which == 1:
            raise TooLarge(1)
        y = x * math.log(x)
    except KeyError as error:
        y = x**2 if error.args[0] == "k" else x
    except (TooLarge, IndexError):
        y = x**3
    except ValueError:
        y = x**4
    return y * x


def not_positive_definite(A):
    try:
        L = np.linalg.cholesky(A)
        return np.sum(L * L * L)
    except np.linalg.LinAlgError:
        return np.sum(A * A)


def shifted_until_it_is_not(A, n):
    total = 0.0
    for k in range(n):
        M = A - (n - k - 1) * np.eye(2)
        try:
            L = np.linalg.cholesky(M)
        except np.linalg.LinAlgError:
            total = total + np.sum(M * M * M)
        else:
            total = total + np.sum(np.log(np.diag(L)))
    return total


def floating_point(x):
    with np.errstate(divide="raise", invalid="raise"):
        try:
            y = np.log(x) * x
        except FloatingPointError:
            y = np.where(x > 0.0, x, 0.0) * 7.0
    return np.sum(y * y)


def root_at_zero(x):
    """The derivative divides by zero where the value does not: that is not for the handler."""
    try:
        y = x**0.5 * x
    except ZeroDivisionError:
        y = x * 100.0
    return y


def _guarded_inverse(x, eps):
    if abs(x) < eps:
        raise ZeroDivisionError("too close")
    return 1.0 / x


def helper_raises(x, eps):
    try:
        y = _guarded_inverse(x, eps)
    except ZeroDivisionError:
        y = x / eps**2
    return y * x


def nested(x):
    try:
        try:
            y = math.sqrt(x)
        except ValueError:
            y = 1.0 / (x + 1.0)
    except ZeroDivisionError:
        y = x * x
    return y * x


def raised_again_as_another(x):
    try:
        try:
            if x > 1.0:
                raise KeyError("a")
            y = x
        except KeyError as error:
            raise ValueError("b") from error
    except ValueError:
        y = x * x
    return y


def array_filled_in_the_else(x, n):
    out = np.zeros(n)
    for i in range(n):
        try:
            y = x[i + 1] * x[i]
        except IndexError:
            out[i] = x[i] ** 3
        else:
            out[i] = y
    return np.sum(out * out)


def store_that_may_be_out_of_range(x, n):
    out = np.ones(3)
    for i in range(n):
        try:
            out[i] = x[0] * i
        except IndexError:
            out *= x[1]
    return np.sum(out * out)


def cleanup(x, log):
    log = []
    try:
        y = x * 2.0
        log.append(1.0)
    finally:
        y = y * x
    return y * len(log)


def finally_reads_what_the_body_has_changed(x):
    y = 1.0 / x
    try:
        y = np.sin(y) * x
        y = [y, y * y][int(x > 5.0)]
    finally:
        y += np.tanh(x)
    return y * y


def finally_after_a_handler(x):
    y = x
    try:
        y = [y * y][int(x > 1.0)]
    except IndexError:
        y = np.sin(y)
    finally:
        y *= np.cos(x)
    return y


def finally_after_an_else(x):
    y = x
    try:
        pass
    except TypeError:
        pass
    else:
        y = y * x
    finally:
        y *= np.cos(x)
    return y


PROGRAMS = [
    (number_or_array, 1.5),
    (number_or_array, N),
    (length_or_one, 1.5),
    (length_or_one, N),
    (attribute_or_default, 1.5),
    (key_or_default, 1.5),
    (index_past_the_end, 1.5),
    (optional_import, 1.5),
    (raised_for_certain, 1.5),
    (unpack_or_single, 1.5),
    (handler_never_needed, 1.5),
    (bare_raise_to_the_outer_handler, 1.5),
    (in_a_helper, 1.5),
    (in_a_helper, N),
    (division, 1.5),
    (square_root, 3.5),
    (square_root, 1.5),
    (handler_of_arithmetic_only, 1.5),
    (raise_in_a_loop, 0.7, 6),
    (loop_inside, 1.1, 3),
    (loop_inside, 1.1, 40),
    (loops_outside_and_inside, 0.9, 7),
    (continue_and_break, 1.3, 7),
    (return_from_both, 0.7, 5),
    (return_from_both, 1.9, 5),
    (return_from_both, 0.1, 5),
    (changed_before_anything_can_raise, 1.3, 5),
    (several_handlers, 1.3, 0),
    (several_handlers, 1.3, 1),
    (several_handlers, 1.3, 2),
    (several_handlers, -1.3, 2),
    (not_positive_definite, np.array([[2.0, 0.3], [0.3, 1.0]])),
    (not_positive_definite, np.array([[-2.0, 0.3], [0.3, 1.0]])),
    (shifted_until_it_is_not, np.array([[2.5, 0.3], [0.3, 1.6]]), 3),
    (floating_point, np.array([1.0, 2.0])),
    (helper_raises, 1.5, 0.1),
    (helper_raises, 0.05, 0.1),
    (nested, 1.5),
    (nested, -1.5),
    (raised_again_as_another, 0.5),
    (raised_again_as_another, 1.5),
    (array_filled_in_the_else, N, 3),
    (store_that_may_be_out_of_range, N, 5),
    (cleanup, 1.5, 0),
    (finally_reads_what_the_body_has_changed, 1.5),
    (finally_after_a_handler, 0.5),
    (finally_after_a_handler, 1.5),
    (finally_after_an_else, 1.5),
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p[0].__name__)
def test_derivatives(program):
    function, *args = program
    check(function, *args)


@pytest.mark.parametrize("at", [1.0, -1.0])
def test_the_point_where_it_raises(at):
    """Numerical differentiation does not see the path that is taken at one point only."""

    def f(x):
        try:
            y = 1.0 / (x * x - 1.0)
        except ZeroDivisionError:
            y = 3.0 * x
        return y * x

    assert value_and_grad(f)(at) == (f(at), 6.0 * at)
    assert jvp(f, (at,), (1.0,)) == (f(at), 6.0 * at)


def test_a_derivative_that_raises_is_not_caught():
    with pytest.raises(ZeroDivisionError):
        jvp(root_at_zero, (0.0,), (1.0,))
    with pytest.raises(ZeroDivisionError):
        grad(root_at_zero)(0.0)


def test_what_is_not_caught_arrives_unchanged():
    def f(x):
        try:
            if x > 1.0:
                raise TooLarge(x)
            y = x
        except KeyError:
            y = 2.0 * x
        return y

    for derivative in (grad(f), lambda x: jvp(f, (x,), (1.0,))):
        with pytest.raises(TooLarge) as caught:
            derivative(2.0)
        assert caught.value.limit == 2.0 and caught.value.args == ("above 2.0",)
    assert grad(f)(0.5) == 1.0


def test_effects_keep_their_order(capsys):
    def f(x):
        try:
            print("in")
            if x > 1.0:
                raise ValueError("large")
            print("on")
        except ValueError as error:
            print("caught", error)
            x = x * x
        finally:
            print("out")
        return x

    for x in (0.5, 2.0):
        f(x)
        expected = capsys.readouterr().out
        grad(f)(x)
        assert capsys.readouterr().out == expected
        if x < 1.0:
            jvp(f, (x,), (1.0,))
            assert capsys.readouterr().out == expected


def _stale_variable(x):
    y = x
    try:
        y = math.sqrt(x)
        z = math.sqrt(x - 5.0)
    except ValueError:
        z = y
    return z


def _half_updated_array(x):
    a = x.copy()
    try:
        for i in range(5):
            a[i] = a[i] * 2.0
    except IndexError:
        pass
    return np.sum(a)


@pytest.mark.parametrize(("function", "x"), [(_stale_variable, 1.3), (_half_updated_array, N)])
def test_a_handler_sees_what_the_body_has_changed(function, x):
    check(function, x)


def _derivative_inside_the_exception(x):
    try:
        if x > 0.0:
            raise TooLarge(x)
        y = x
    except TooLarge as error:
        y = error.limit * x
    return y


def _printed_on_the_way_out(x):
    y = x
    try:
        y = [x, 2.0 * x][int(x > 0.0)]
        y = [y][int(x > 5.0)]
    finally:
        y *= 2.0
        print(y)
    return y


def _finally_inside_a_handled_try(x):
    y = x
    try:
        try:
            y = [x, 3.0 * x][int(x > 0.0)]
            y = [y][int(x > 5.0)]
        finally:
            y *= 2.0
    except IndexError:
        y = y * x
    return y


@pytest.mark.parametrize(
    ("function", "x", "says"),
    [
        (_printed_on_the_way_out, 1.0, "`y` may have changed before something in this `try` raises"),
        (_finally_inside_a_handled_try, 1.0, "`y` may have changed before something in this `try` raises"),
        (_derivative_inside_the_exception, 1.0, "differentiated"),
    ],
)
def test_refused(function, x, says):
    with pytest.raises(S2SGradError, match=says):
        grad(function)(x)


def _torn_update(x):
    a = x.copy()
    with np.errstate(divide="raise"):
        try:
            a /= x - x[0]
        except FloatingPointError:
            pass
    return np.sum(a * x)


def test_an_update_that_numpy_has_half_made():
    """NumPy raises after it has written."""
    with pytest.raises(S2SGradError, match="`a` may have changed"):
        grad(_torn_update)(N)
