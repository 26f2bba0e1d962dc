"""Derivatives are pickled with the source that was emitted for them: a worker need not have the primal's file."""

from __future__ import annotations

import copy
import functools
import multiprocessing
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest

from s2sgrad import grad, hessian, jvp, value_and_grad, vjp
from s2sgrad.derivative import pushforward_of

X = np.arange(3.0)


def loss(x: Any, scale: Any = 2.0) -> Any:
    return np.sum(x * x) * scale


class Model:
    def __init__(self, w: Any) -> None:
        self.w = w

    def loss(self, x: Any) -> Any:
        return np.sum(x * self.w)


@grad
def decorated(x: Any) -> Any:
    return np.sum(x * x)


DERIVATIVES = [grad(loss), hessian(loss), grad(Model(2.0).loss), decorated, value_and_grad(loss, argnums=(0,))]
DERIVATIVES += [functools.partial(grad(loss), scale=3.0)]


@pytest.mark.parametrize("again", [lambda g: pickle.loads(pickle.dumps(g)), copy.copy, copy.deepcopy])
@pytest.mark.parametrize("g", DERIVATIVES, ids=repr)
def test_copies(g: Any, again: Any) -> None:
    before = again(g)  # nothing compiled yet, perhaps
    expected = g(X)
    for other in (before, again(g)):
        assert repr(other(X)) == repr(expected)


def test_what_was_compiled_is_not_compiled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S2SGRAD_CACHE", "0")
    push = pushforward_of(loss, (0,), 1)
    jvp(loss, (X,), (X,))
    g = grad(loss)
    g(X)
    for made, args in ((g, (X,)), (push, (X, X))):
        other = pickle.loads(pickle.dumps(made))
        monkeypatch.setattr("s2sgrad.pipeline.compile_derivative", lambda *args: pytest.fail("compiled again"))
        assert repr(other(*args)) == repr(made(*args))
        assert other.source() == made.source()
        monkeypatch.undo()
        monkeypatch.setenv("S2SGRAD_CACHE", "0")
    assert other(2.0, 1.0) is not None  # other arguments are compiled for where the source is there


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers(method: str) -> None:
    g = grad(loss)
    expected = [g(X), g(2.0 * X)]
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert np.array_equal(pool.map(g, [X, 2.0 * X]), expected)


RUN = """
import pickle, sys
derivatives = pickle.load(open(sys.argv[1], "rb"))
for name, (g, x) in derivatives.items():
    print(name, repr(g(x)))
print("compiled" if "s2sgrad.pipeline" in sys.modules else "not compiled")
"""
PROGRAM = """
import numpy as np
from s2sgrad import grad, hessian
K = 2.0
def helper(x, by=3.0):
    return x * by
def loss(x):
    return np.sum(helper(x) * x) * K + abs(np.sum(x))
def closure(k):
    def inner(x):
        return np.sum(x * x * k)
    return inner
quick = lambda x: x * x * 3.0
"""


def test_a_process_without_the_source(tmp_path: Path) -> None:
    """As from a notebook on another machine: cloudpickle brings the functions, s2sgrad what it emitted for them."""
    (tmp_path / "program.py").write_text(PROGRAM)
    world: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(PROGRAM, str(tmp_path / "program.py"), "exec"), world)
    asked = {
        "loss": (grad(world["loss"]), X),
        "closure": (grad(world["closure"](4.0)), X),
        "lambda": (grad(world["quick"]), 2.0),
        "hessian": (hessian(world["quick"]), 2.0),
    }
    expected = "".join(f"{name} {g(x)!r}\n" for name, (g, x) in asked.items())
    (tmp_path / "derivatives.pkl").write_bytes(cloudpickle.dumps(asked))
    (tmp_path / "program.py").unlink()
    command = [sys.executable, "-c", RUN, str(tmp_path / "derivatives.pkl")]
    out = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "S2SGRAD_CACHE": "0"}, cwd="/")
    assert (out.stdout, out.stderr) == (expected + "not compiled\n", "")


def test_what_comes_along_is_used_only_if_it_fits() -> None:
    """The worker's helper is another one: what was emitted for the old one is not run."""
    g = grad(loss)
    g(X)
    data = pickle.dumps(g)
    code = loss.__code__
    try:
        loss.__code__ = (lambda x, scale=2.0: np.sum(x) * 5.0).__code__
        assert np.array_equal(pickle.loads(data)(X), np.full(3, 5.0))
    finally:
        loss.__code__ = code


def test_what_cannot_be_pickled_is_named() -> None:
    with pytest.raises((AttributeError, pickle.PicklingError), match="lambda"):
        pickle.dumps(grad(lambda x: x * x))


def test_a_pullback_says_that_it_cannot_be_pickled() -> None:
    _, pullback = vjp(loss, X)
    with pytest.raises(TypeError, match="call vjp again"):
        pickle.dumps(pullback)
