"""Signatures, guards and the table of specialisations, tried with a compiler that only counts."""

from __future__ import annotations

import builtins
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from s2sgrad import value_and_grad
from s2sgrad.dispatch import Dispatcher, Specialisation
from s2sgrad.entry import MISS, Body
from s2sgrad.errors import AliasError, UnhashableArgument
from s2sgrad.ir.core import Capture, Guard
from s2sgrad.signatures import signature_key, value_key


def positional(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Any, ...]:
    return (*args, *kwargs.values())


class Counting:
    """Compiles nothing: a specialisation returns its serial number."""

    def __init__(self, static: tuple[int, ...] = (), guards: tuple[Any, ...] = (), arity: int | None = 1) -> None:
        self.count = 0
        self.static = static
        self.guards = guards
        self.table = Dispatcher(self.compile, positional, arity)

    def compile(self, args: tuple[Any, ...]) -> Specialisation:
        self.count += 1
        n = self.count
        return Specialisation(lambda *args: n, guards=self.guards, static=self.static)

    def __call__(self, *args: Any, **kwargs: Any) -> int:
        result: int = self.table.call(args, kwargs)
        return result


@dataclass
class Point:
    x: float
    y: Any


ONE = np.ones(3)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1.0, 2.0),
        (np.float64(1), np.float64(2)),
        (np.ones(3), np.zeros(7)),
        (np.ones((1, 3)), np.ones((1, 5))),
        (np.ones(2)[::-1], np.ones(2)),
        ((1.0, [2.0]), (3.0, [4.0])),
        ({"W": ONE}, {"W": np.ones(9)}),
        ([1.0] * 20, [2.0] * 30),
        (list(range(20)), list(range(30))),
        (list(np.ones(20)), list(np.ones(30))),
        (None, None),
        ("sum", "sum"),
        (np.sin, np.sin),
    ],
)
def test_the_same_code_serves(a: Any, b: Any) -> None:
    assert signature_key(a) == signature_key(b)
    assert hash(signature_key(a)) == hash(signature_key(b))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1.0, 1),
        (1, True),
        (1.0, np.float64(1)),
        (np.float64(1), np.float32(1)),
        (np.ones(3), np.ones((3, 3))),
        (np.ones(3), np.ones(1)),
        (np.ones((1, 3)), np.ones((3, 1))),
        (np.ones(3), np.ones(3, np.float32)),
        (np.ones(()), 1.0),
        ((1.0,), [1.0]),
        ((1.0,), (1.0, 1.0)),
        ({"a": 1.0, "b": 1.0}, {"b": 1.0, "a": 1.0}),
        (Point(1.0, 2.0), Point(1.0, 2.0)),
        ([1.0] * 2, [1.0] * 3),
        ([1.0] * 20, [1] * 20),
        ([1.0] * 20, list(np.ones(20))),
        ([1.0] * 19 + [1], [1.0] * 20),
        ("sum", "mean"),
        (None, 0.0),
        (np.sin, np.cos),
        (np.ones(3), [1.0, 1.0, 1.0]),
    ],
)
def test_other_code_is_needed(a: Any, b: Any) -> None:
    assert signature_key(a) != signature_key(b)


def test_values_are_told_apart_as_code_may_tell_them_apart() -> None:
    assert value_key(0.0) != value_key(-0.0)
    assert value_key(float("nan")) == value_key(float("nan"))
    assert value_key(1) != value_key(True)
    assert value_key({"a": [1, 2]}) == value_key({"a": [1, 2]})
    assert value_key(np.arange(3)) == value_key(np.arange(3)) != value_key(np.arange(3.0))


def test_a_value_that_cannot_be_compared_is_refused() -> None:
    with pytest.raises(UnhashableArgument, match="`set`, which is not hashable"):
        value_key({1, 2})


def test_compiles_once_per_signature() -> None:
    f = Counting()
    assert [f(1.0), f(2.0), f(1), f(3.0), f(ONE), f(np.zeros(8)), f(np.ones((2, 2)))] == [1, 1, 2, 1, 3, 3, 4]


def test_binds_keywords_and_missing_arguments() -> None:
    f = Counting(arity=2)
    assert [f(1.0, 2.0), f(1.0, y=2.0), f(1.0), f(2.0)] == [1, 1, 2, 2]


def test_guards() -> None:
    world = {"scale": 2.0}
    f = Counting(guards=(Guard(Capture("scale", world, (("item", "scale"),)), world["scale"]),))
    assert [f(1.0), f(1.0)] == [1, 1]
    f.guards = ()
    world["scale"] = 3.0
    assert [f(1.0), f(1.0)] == [2, 2]


def test_captured_variables_may_change_their_value_but_not_their_type() -> None:
    world: dict[str, Any] = {"scale": 2.0}

    class Capturing(Counting):
        def compile(self, args: tuple[Any, ...]) -> Specialisation:
            made = super().compile(args)
            return Specialisation(made.function, captures={"scale": Capture("scale", world, (("item", "scale"),))})

    f = Capturing()
    assert f(1.0) == 1
    world["scale"] = 3.0
    assert f(1.0) == 1
    world["scale"] = ONE
    assert [f(1.0), f(1.0)] == [2, 2]


def test_static_arguments_count_with_their_value() -> None:
    f = Counting(static=(1,), arity=2)
    assert [f(1.0, 2), f(1.0, 3), f(2.0, 2), f(1.0, 3)] == [1, 2, 1, 2]


def test_arguments_may_turn_out_to_be_static_later() -> None:
    f = Counting(arity=2)
    assert [f(1.0, 2), f(1.0, 3)] == [1, 1]
    f = Counting(static=(0,), arity=2)
    assert [f(1, 2), f(1, 3)] == [1, 1]
    f.static = (1,)
    assert f(2, 2) == 2  # now both count, and what was compiled before is forgotten
    assert [f(1, 2), f(1, 3), f(2, 2)] == [3, 4, 2]


def test_threads_compile_once() -> None:
    class Slow(Counting):
        def compile(self, args: tuple[Any, ...]) -> Specialisation:
            time.sleep(0.05)
            return super().compile(args)

    f = Slow()
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(f(1.0))) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == [1] * 8 and f.count == 1


def test_an_error_while_compiling_leaves_the_table_usable() -> None:
    f = Counting()
    compile, f.table.compile = f.table.compile, lambda args: 1 / 0  # type: ignore[assignment, return-value]
    with pytest.raises(ZeroDivisionError):
        f(1.0)
    f.table.compile = compile
    assert f(1.0) == 1


def test_the_number_of_arguments_is_checked_when_the_last_code_is_tried() -> None:
    f = Counting(arity=2)
    assert [f(1.0, 2.0), f(1.0, 2.0), f(1.0), f(1.0, 2.0)] == [1, 1, 2, 1]


@pytest.mark.parametrize(
    "arg",
    [1.0, np.float32(1), np.ones(3), np.ones((1, 3)), np.ones(()), {"a": np.ones(2), 3: [1.0]}, (1.0, {}), None, "sum"],
)
def test_entries_agree_with_signatures(arg: Any) -> None:
    others = [2.0, 2, np.float32(3), np.ones(5), np.ones((1, 4)), np.ones((4, 1)), np.ones((2, 2)), np.ones(()), None]
    others += [np.ones(3, np.float32), {"a": np.ones(3), 3: [2.0]}, {"a": np.ones(1), 3: [2.0]}, {3: [2.0], "a": ONE}]
    others += [(1.0, {}), (1.0,), [1.0, {}], "sum", "mean", (1, {})]
    made = Specialisation(lambda x: "code")
    made.open_for((arg,))
    assert made.enter is not None
    for other in others:
        served = made.enter(other) == "code"
        assert served == (signature_key(other) == signature_key(arg))


def test_names_of_a_module_are_looked_up_as_python_does() -> None:
    """Deleted, shadowed, and those that look like the entry's own names."""
    module: dict[str, Any] = {"__builtins__": builtins, "len": sum, "scale_": 2.0, "function2_": 1.0}
    where = {name: Capture(name, module, (("item", name),)) for name in ("len", "scale_", "function2_")}
    range_there = Capture("range", module, (("global", "range"),))
    guards = (Guard(where["len"], sum), Guard(range_there, range), *(Guard(where[k], module[k]) for k in list(where)))
    made = Specialisation(lambda x: "code", guards)
    made.open_for((1.0,))
    assert made.enter is not None
    for name, other in [("range", list), ("len", len), ("len", None), ("scale_", 3.0), ("function2_", None)]:
        assert made.holds()
        assert made.enter(2.0) == "code"
        before = dict(module)
        if other is None:
            del module[name]
        else:
            module[name] = other
        assert not made.holds()
        assert made.enter(2.0) is MISS
        module.clear()
        module.update(before)


def test_a_body_stands_in_the_entry() -> None:
    module: dict[str, Any] = {"__builtins__": builtins, "r2_": 5.0}
    guards = (Guard(Capture("r2_", module, (("item", "r2_"),)), module["r2_"]),)
    body = Body(["result0_, result1_ = call_(a1_)", "return result1_"], {"call_": lambda x: (1.0, x)}, lambda x, y: y)
    made = Specialisation(lambda x: x, guards, call=body.call, body=body)
    made.open_for((1.0, "on"))
    assert made.enter is not None
    assert made.enter(2.0, "on") == "on"
    assert made.enter(2, "on") is MISS
    module["r2_"] = 6.0
    assert made.enter(2.0, "on") is MISS


def test_globals_with_builtins_of_their_own_are_looked_up_in_themselves() -> None:
    module: dict[str, Any] = {"__builtins__": {"abs": len}, "np": np}
    guards = (
        Guard(Capture("np", module, (("item", "np"),)), np),
        Guard(Capture("abs", module, (("global", "abs"),)), abs),
    )
    made = Specialisation(lambda x: "code", guards)
    assert made.holds()
    module["np"] = None
    assert not made.holds()


@pytest.mark.parametrize("mutated", [((0, False), (0, True)), ((1, False), (1, True))])
def test_memory_that_is_written_into_must_not_be_shared(mutated: tuple[tuple[int, bool], ...]) -> None:
    table = Dispatcher(lambda args: Specialisation(lambda *args: "code", mutated=mutated), positional, 3, ["x", "y"])
    x, items = np.ones(6), [1.0]
    assert table.call((x, x.copy(), x), {}) == "code"
    assert table.call((items, [1.0], items), {}) == "code"
    for pair in [(x, x), (x, x[2:]), ({"a": x}, (x,)), (items, {"p": items})]:
        with pytest.raises(AliasError, match="writes into, may share memory with argument"):
            table.call((*pair, 1.0), {})


def test_memory_that_is_written_into_must_not_be_a_variable_outside() -> None:
    where = {"X": ONE}
    made = Specialisation(lambda x: "code", captures={"X": Capture("X", where, (("item", "X"),))}, mutated=((0, True),))
    table = Dispatcher(lambda args: made, positional, 1, ["x"])
    assert table.call((np.ones(3),), {}) == "code"
    with pytest.raises(AliasError, match="may share memory with the variable `X`"):
        table.call((ONE,), {})


def test_arrays_and_what_holds_them_are_written_one_by_one() -> None:
    x = np.ones(3)
    for into_array, shared, refused in [(False, x, False), (True, x, True), (False, [1.0], True), (True, [1.0], False)]:
        made = Specialisation(lambda *args: "code", mutated=((0, into_array),))
        table = Dispatcher(lambda args, made=made: made, positional, 2, ["x", "y"])  # type: ignore[misc]
        if refused:
            with pytest.raises(AliasError):
                table.call(([shared], [shared]), {})
        else:
            assert table.call(([shared], [shared]), {}) == "code"


def test_memory_that_is_only_read_may_be_shared() -> None:
    table = Dispatcher(lambda args: Specialisation(lambda *args: "code"), positional, 2, ["x", "y"])
    assert table.call((ONE, ONE), {}) == "code"


LIST = [1.0, 2.0]
NESTED = {"a": {"b": 3.0}}


def scales_the_first(items: Any) -> Any:
    items[0] = items[0] * 5.0
    return items[0] * LIST[0]


def doubles(items: Any) -> Any:
    items["b"] = items["b"] * 2.0
    return NESTED["a"]["b"] * items["b"]


def test_lists_and_dicts_outside_that_are_also_the_argument() -> None:
    assert value_and_grad(scales_the_first)([3.0, 2.0]) == (15.0, [5.0, 0.0])
    assert value_and_grad(doubles)({"b": 1.0}) == (6.0, {"b": 6.0})
    for f, argument in ((scales_the_first, LIST), (doubles, NESTED["a"])):
        with pytest.raises(AliasError, match="with the variable"):
            value_and_grad(f)(argument)
