"""What an error says where a rule is missing, and what becomes of a rule that is registered then."""

from __future__ import annotations

import textwrap

import numpy as np
import pytest

import s2sgrad
from s2sgrad.errors import MissingRule
from s2sgrad.rules.suggestion import qualified_name, suggested_rule
from s2sgrad.rules.table import RULES, jvp, nondiff, static, vjp


def loss(x):
    return np.sum(np.unpackbits(x).real)


def test_the_refusal_of_a_function_outside_of_the_table():
    with pytest.raises(MissingRule) as refused:
        s2sgrad.grad(loss)(np.ones(3))
    what, place, _, line, *_ = str(refused.value).splitlines()
    assert "`numpy.unpackbits` has no derivative rule for reverse mode" in what
    assert "test_suggestion.py:" in place
    assert "np.unpackbits(x).real" in line
    assert refused.value.remedy == textwrap.dedent(
        """\
        keep differentiated values out of the call, or register a rule for it:

        from s2sgrad import rules

        @rules.vjp(np.unpackbits)
        def unpackbits_vjp(y_bar, y, a, axis=None, count=None, bitorder='big'):
            return ..., ..., ..., ...  # the cotangents of a, axis, count, bitorder, or None"""
    )


def rule_in(text):
    """The last three lines: they have to be Python."""
    lines = text.splitlines()[-3:]
    compile("\n".join(lines), "<rule>", "exec")
    return lines


def test_suggestions_have_the_signature_of_the_function():
    assert rule_in(suggested_rule(np.spacing, "reverse")) == [
        "@rules.partials(np.spacing)",
        "def spacing(y, x):",
        "    return ...  # the derivatives by x",
    ]
    assert rule_in(suggested_rule(np.packbits, "forward")) == [
        "@rules.jvp(np.packbits)",
        "def packbits_jvp(dots, y, a, axis=None, bitorder='big'):",
        "    return ...  # the tangent of y, from dots, those of the arguments",
    ]
    assert rule_in(suggested_rule(sum, "reverse"))[1] == "def sum_vjp(y_bar, y, iterable, start=0):"
    assert rule_in(suggested_rule(dict.fromkeys, "reverse"))[2].startswith("    return ..., ...")


def test_names_of_functions():
    assert qualified_name(np.linalg.inv) == "numpy.linalg.inv"
    assert qualified_name(np.sin) == "numpy.sin"
    assert qualified_name(len) == "len"


# -- rules of the user's -------------------------------------------------------------------------------


def black_box(x):
    return np.tanh(x)


def through(x):
    return 2.0 * black_box(x)


@pytest.fixture
def table():
    before = dict(RULES)
    yield
    for function in RULES.keys() - before.keys():
        del RULES[function]


def test_a_rule_registered_later_takes_effect(table):
    gradient = s2sgrad.grad(through)
    assert gradient(0.0) == 2.0

    @static
    def seven():
        return 7.0

    @vjp(black_box)
    def black_box_vjp(y_bar, y, x):
        return seven() * y_bar

    assert gradient(0.0) == 14.0
    with pytest.raises(MissingRule, match="forward"):
        s2sgrad.jvp(through, (0.0,), (1.0,))

    @jvp(black_box)
    def black_box_jvp(dots, y, x):
        return 7.0 * dots[0]

    assert s2sgrad.jvp(through, (0.0,), (1.0,))[1] == 14.0
    nondiff(black_box)
    assert gradient(0.0) == 0.0
