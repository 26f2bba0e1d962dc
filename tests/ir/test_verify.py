"""Each invariant of the IR, broken once."""

import pytest

from s2sgrad.ir.core import UNDEFINED, Block, Call, Const, Function, Value
from s2sgrad.ir.types import BOOL, FLOAT
from s2sgrad.ir.verify import InvalidIR, verify, verify_block
from tests.ir.test_printer import CASES
from tests.ir.text import parse


@pytest.mark.parametrize("name", CASES)
def test_accepts(name):
    verify(parse(CASES[name]))


def broken(name, change):
    function = parse(CASES[name])
    change(function)
    with pytest.raises(InvalidIR) as caught:
        verify(function)
    return str(caught.value)


def test_assigned_twice():
    def change(f):
        f.body.ops.append(f.body.ops[0])

    assert "assigned twice" in broken("index", change)


def test_used_before_it_is_defined():
    def change(f):
        f.body.ops.reverse()

    message = broken("index", change)
    assert message.startswith("function f > _ = sum: operand <value: f8[n, 1]> is not visible here")


def test_used_outside_of_its_block():
    def change(f):
        f.body.results = [f.body.ops[0].body.results[0]]

    assert "block result <x: pyf> is not visible here" in broken("for", change)


def test_branch_sees_nothing_of_the_other():
    def change(f):
        branch = f.body.ops[1]
        branch.then.results = list(branch.orelse.results)

    assert "y = if: block result <y: pyf> is not visible here" in broken("if", change)


@pytest.mark.parametrize(
    "name, change, message",
    [
        ("for", lambda f: f.body.ops[0].inits.append(Const(1)), "2 initial values where there are 1 results"),
        ("for", lambda f: f.body.ops[0].body.params.pop(), "0 carried values"),
        ("for", lambda f: f.body.ops[0].body.results.clear(), "0 results of a block"),
        ("while", lambda f: f.body.ops[0].cond.params.pop(), "1 parameters of the condition"),
        ("while", lambda f: f.body.ops[0].cond.results.append(Const(True)), "results of the condition"),
        ("if", lambda f: f.body.ops[1].then.results.append(Const(1)), "2 results of a block"),
        ("if", lambda f: f.body.ops[1].then.params.append(Value(FLOAT)), "a branch has no parameters"),
        ("with and capture", lambda f: f.body.ops[0].context.results.append(Value(FLOAT)), "has no results"),
    ],
)
def test_arities(name, change, message):
    assert message in broken(name, change)


def test_stop_only_in_loops():
    def change(f):
        f.body.ops[1].then.stop = Const(True)

    assert "only the body of a loop may stop it" in broken("if", change)
    assert "only the body" in broken("for", lambda f: setattr(f.body, "stop", Const(True)))


@pytest.mark.parametrize("out", [1, -1, (0, 2), {"a": 5}, None, True])
def test_out(out):
    assert "`out`" in broken("for", lambda f: setattr(f, "out", out))


def test_not_an_operand():
    assert "not an operand" in broken("if", lambda f: setattr(f.body.ops[0], "args", (1.0,)))


def test_message_names_the_nesting():
    def change(f):
        f.body.ops[0].body.ops[2].args = (Value(BOOL, "c"), UNDEFINED)

    message = broken("for", change)
    assert message == "function logistic > x = for > x = mul: operand <c: pyb> is not visible here"


def test_block_with_free_values():
    x, y = Value(FLOAT, "x"), Value(FLOAT, "y")
    verify_block(Block([], [Call(abs, (x,), results=[y])], [y]))
    with pytest.raises(InvalidIR):
        verify_block(Block([], [Call(abs, (y,), results=[x]), Call(abs, (x,), results=[y]), Call(abs, (y,), {}, [y])]))


def test_captures_and_parameters_are_visible():
    x, w = Value(FLOAT, "x"), Value(FLOAT, "w")
    with pytest.raises(InvalidIR):
        verify(Function("f", [x], Block([], [], [w])))
