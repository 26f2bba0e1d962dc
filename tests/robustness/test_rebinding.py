"""What a derivative was compiled from may change between its calls: each change is seen."""

from __future__ import annotations

import builtins
import importlib
import linecache
import math
import os
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2sgrad import grad
from s2sgrad.errors import ArgumentCountError

Steps = Iterator[tuple[Callable[..., Any], float]]


def double(x: Any) -> Any:
    return x * 2.0


def triple(x: Any) -> Any:
    return x * 3.0


def with_default(x: Any, c: Any = 2.0) -> Any:
    return x * c


def with_keyword(x: Any, *, c: Any = 2.0) -> Any:
    return x * c


def with_list(x: Any, c: Any = [2.0]) -> Any:
    return x * c[0]


# Each case yields calls of one derivative with what they have to return, and changes something in between.


def a_function_is_rebound() -> Steps:
    world = types.SimpleNamespace(f=double)
    g = grad(lambda x: world.f(x) * x)
    yield lambda: g(1.0), 4.0
    world.f = triple
    yield lambda: g(1.0), 6.0


def the_code_of_a_helper_is_replaced() -> Steps:
    def helper(x: Any) -> Any:
        return x * 2.0

    g = grad(lambda x: helper(x) * x)
    yield lambda: g(1.0), 4.0
    helper.__code__ = triple.__code__
    yield lambda: g(1.0), 6.0


def the_code_of_the_primal_is_replaced() -> Steps:
    def primal(x: Any) -> Any:
        return x * 2.0

    g = grad(primal)
    yield lambda: g(1.0), 2.0
    primal.__code__ = triple.__code__
    yield lambda: g(1.0), 3.0


def defaults_of_the_primal_change() -> Steps:
    g = grad(with_list)
    yield lambda: g(1.0), 2.0
    assert with_list.__defaults__ is not None
    with_list.__defaults__[0][0] = 7.0
    yield lambda: g(1.0), 7.0
    with_list.__defaults__ = ([9.0],)
    yield lambda: g(1.0), 9.0
    with_list.__defaults__ = ([2.0],)


def defaults_of_helpers_change() -> Steps:
    g = grad(lambda x: with_default(x) + with_keyword(x))
    yield lambda: g(1.0), 4.0
    with_default.__defaults__ = (3.0,)
    yield lambda: g(1.0), 5.0
    assert with_keyword.__kwdefaults__ is not None
    with_keyword.__kwdefaults__["c"] = 5.0
    yield lambda: g(1.0), 8.0
    with_default.__defaults__, with_keyword.__kwdefaults__ = (2.0,), {"c": 2.0}


def a_closure_variable_changes() -> Steps:
    c: Any = 2.0
    g = grad(lambda x: np.sum(x * c))
    yield lambda: g(1.0), 2.0
    for c in (3.0, 3, np.float32(4.0), np.array([2.0, 3.0]), True):  # noqa: B007 - read by the closure
        yield lambda: g(1.0), float(np.sum(c))


class Model:
    rate: Any = 2.0

    def step(self, x: Any) -> Any:
        return x * self.rate

    def loss(self, x: Any) -> Any:
        return self.step(x) * x

    @property
    def twice(self) -> Any:
        return self.rate * 2.0

    def scaled(self, x: Any) -> Any:
        return self.twice * x


def a_method_is_replaced() -> Steps:
    class Mine(Model):
        pass

    m: Any = Mine()
    g = grad(m.loss)
    yield lambda: g(1.0), 4.0
    Mine.step = lambda self, x: x * 5.0  # type: ignore[method-assign]
    yield lambda: g(1.0), 10.0
    m.step = lambda x: x * 6.0
    yield lambda: g(1.0), 12.0
    del m.step, Mine.step
    yield lambda: g(1.0), 4.0


def the_class_of_an_instance_changes() -> Steps:
    class Other(Model):
        def step(self, x: Any) -> Any:
            return x * 11.0

    m = Model()
    g = grad(m.loss)
    yield lambda: g(1.0), 4.0
    m.__class__ = Other
    yield lambda: g(1.0), 22.0
    del Other.step
    yield lambda: g(1.0), 4.0


def attributes_and_properties_change() -> Steps:
    class Mine(Model):
        pass

    m: Any = Mine()
    g = grad(m.scaled)
    yield lambda: g(1.0), 4.0
    Mine.rate = 3.0
    yield lambda: g(1.0), 6.0
    m.rate = np.float32(5.0)
    yield lambda: g(1.0), 10.0
    Mine.twice = property(lambda self: self.rate * 3.0)  # type: ignore[assignment]
    yield lambda: g(1.0), 15.0
    Mine.twice = 7.0  # type: ignore[assignment]
    yield lambda: g(1.0), 7.0


def a_class_used_inside_changes() -> Steps:
    class State:
        weight = 2.0

        def __init__(self, x: Any) -> None:
            self.x = x

        def value(self) -> Any:
            return self.x * self.weight

    def f(x: Any) -> Any:
        return State(x).value() + State(x) * x if hasattr(State, "__mul__") else State(x).value()

    g = grad(f)
    yield lambda: g(1.0), 2.0
    State.weight = 3.0
    yield lambda: g(1.0), 3.0
    State.value = lambda self: self.x * 5.0  # type: ignore[method-assign]
    yield lambda: g(1.0), 5.0
    State.__mul__ = lambda self, other: self.x * other  # type: ignore[attr-defined]
    yield lambda: g(1.0), 7.0


def attributes_come_and_go() -> Steps:
    options: Any = types.SimpleNamespace()
    g = grad(lambda x: x * getattr(options, "rate", 5.0) if not hasattr(options, "fixed") else x)
    yield lambda: g(1.0), 5.0
    options.rate = 2.0
    yield lambda: g(1.0), 2.0
    options.rate = 3.0
    yield lambda: g(1.0), 3.0
    options.fixed = True
    yield lambda: g(1.0), 1.0
    del options.fixed, options.rate
    yield lambda: g(1.0), 5.0


def containers_outside_change() -> Steps:
    table: Any = {"a": 1.0, "b": [2.0, {"c": 3.0}]}

    def f(x: Any) -> Any:
        return x * table["a"] * table["b"][1]["c"] * table.get("d", 1.0) * len(table)

    g = grad(f)
    yield lambda: g(1.0), 6.0
    table["b"][1]["c"] = 4
    yield lambda: g(1.0), 8.0
    table["b"][1] = {"c": 5.0}
    yield lambda: g(1.0), 10.0
    table["d"] = 2.0
    yield lambda: g(1.0), 30.0
    del table["d"]
    yield lambda: g(1.0), 10.0


def a_long_list_outside_changes() -> Steps:
    weights: Any = [1.0] * 40
    g = grad(lambda x: sum(w * x for w in weights))
    yield lambda: g(1.0), 40.0
    weights.append(2.0)
    yield lambda: g(1.0), 42.0
    weights[0] = 5
    yield lambda: g(1.0), 46.0


def an_array_outside_changes() -> Steps:
    world: Any = types.SimpleNamespace(a=np.ones(3))
    g = grad(lambda x: np.sum(world.a) * x)
    yield lambda: g(1.0), 3.0
    world.a[0] = 5.0
    yield lambda: g(1.0), 7.0
    for new in (np.ones((2, 2)), np.ones(3, np.float32), np.arange(3), np.ones(1)):
        world.a = new
        yield lambda: g(1.0), float(new.sum())


def a_set_that_is_an_argument_grows() -> Steps:
    names = {1, 2}
    g = grad(lambda x, s: x * len(s) * (2.0 if 5 in s else 1.0))
    yield lambda: g(1.0, names), 2.0
    names.add(5)
    yield lambda: g(1.0, names), 6.0


def an_object_that_is_an_argument_changes() -> Steps:
    m: Any = types.SimpleNamespace(w=2.0)
    g = grad(lambda x, o: x * o.w)
    yield lambda: g(1.0, m), 2.0
    m.w = 3
    yield lambda: g(1.0, m), 3.0
    yield lambda: g(1.0, types.SimpleNamespace(w=4.0)), 4.0


def a_dispatch_table_changes() -> Steps:
    table = {"f": double}
    g = grad(lambda x: table["f"](x))
    yield lambda: g(1.0), 2.0
    table["f"] = triple
    yield lambda: g(1.0), 3.0


def the_environment_changes() -> Steps:
    g = grad(lambda x: x * float(os.environ.get("S2SGRAD_TEST_FACTOR", "2")))
    yield lambda: g(1.0), 2.0
    os.environ["S2SGRAD_TEST_FACTOR"] = "3"
    yield lambda: g(1.0), 3.0
    del os.environ["S2SGRAD_TEST_FACTOR"]


CASES = [
    case
    for case in list(globals().values())
    if isinstance(case, types.FunctionType) and case.__annotations__.get("return") == "Steps"
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_is_seen(case: Callable[[], Steps]) -> None:
    for call, expected in case():
        assert call() == pytest.approx(expected)


def test_other_parameters_are_refused() -> None:
    def primal(x: Any, c: Any = 1.0) -> Any:
        return x * c

    g = grad(primal)
    assert g(1.0, 2.0) == 2.0
    primal.__code__ = (lambda x, c, d=0.0: x * c).__code__
    for args in ((1.0,), (1.0, 2.0)):
        with pytest.raises(ArgumentCountError, match=r"were \(x, c\) when .* and are \(x, c, d\)"):
            g(*args)


def test_builtins_and_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    g = grad(lambda x: abs(x) + np.sin(x))
    assert g(2.0) == 1.0 + math.cos(2.0)
    monkeypatch.setitem(globals(), "abs", lambda x: x * 10.0)
    assert g(2.0) == 10.0 + math.cos(2.0)
    monkeypatch.delitem(globals(), "abs")
    monkeypatch.setattr(builtins, "abs", lambda x: x * 3.0)
    assert g(2.0) == 3.0 + math.cos(2.0)
    monkeypatch.undo()
    assert g(2.0) == 1.0 + math.cos(2.0)
    monkeypatch.setattr(np, "sin", lambda x: x * 4.0)
    assert g(2.0) == 5.0


def test_a_name_defined_later() -> None:
    namespace: dict[str, Any] = {}
    f = types.FunctionType((lambda x: later(x)).__code__, namespace)  # type: ignore[name-defined]  # noqa: F821
    g = grad(f)
    with pytest.raises(NameError):
        g(1.0)
    namespace["later"] = double
    assert g(1.0) == 2.0


def cell(text: str, namespace: dict[str, Any], name: str = "<cell 7>") -> None:
    """Run a notebook's cell."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec"), namespace)


def test_a_cell_of_a_notebook_is_run_again() -> None:
    world: dict[str, Any] = {}
    cell("def helper(x):\n    return x * 2\n\ndef f(x):\n    return helper(x) * x\n", world)
    g, old = grad(world["f"]), world["f"]
    assert g(1.0) == 4.0
    cell("def helper(x):\n    return x * 3\n\ndef f(x):\n    return helper(x) * x\n", world)
    assert g(1.0) == 6.0 and grad(world["f"])(1.0) == 6.0
    cell("\n\n\ndef f(x):\n    return x * 77\n", world)
    assert g(1.0) == 6.0 and grad(old)(1.0) == 6.0 and grad(world["f"])(1.0) == 77.0


def test_a_module_is_edited_and_reloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also with the disk cache, whose entries are named by the text that the function was compiled from."""
    monkeypatch.setenv("S2SGRAD_CACHE", "1")
    monkeypatch.setenv("S2SGRAD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path = tmp_path / "reloaded_model.py"
    path.write_text("C = 2.0\n\ndef h(x):\n    return x * C\n\ndef f(x):\n    return h(x) * x\n")
    model: Any = importlib.import_module("reloaded_model")
    g = grad(model.f)
    assert g(1.0) == 4.0
    path.write_text("C = 2.0\n\ndef h(x):\n    return x * C * 5\n\ndef f(x):\n    return h(x) * x\n")
    os.utime(path, (2e9, 2e9))
    assert g(1.0) == 4.0  # what runs is still the old code
    importlib.reload(model)
    assert g(1.0) == grad(model.f)(1.0) == 20.0
    monkeypatch.delitem(sys.modules, "reloaded_model")
