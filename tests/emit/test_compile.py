"""Emitted functions are found by tracebacks, and are the same in every process."""

import linecache
import subprocess
import sys
import traceback

import pytest

from s2sgrad.emit import compile_module, emit
from s2sgrad.optimize.inplace import inplace
from s2sgrad.sources import compile_source, source_filename
from tests.emit import gradients
from tests.emit.random_functions import Sharing


def test_traceback_shows_the_source():
    source = "def f(x):\n    return 1 / x\n"
    filename = source_filename("f", source)
    function = compile_source(source, filename, {})
    with pytest.raises(ZeroDivisionError) as raised:
        function(0)
    assert "return 1 / x" in "".join(traceback.format_exception(raised.value))
    assert linecache.getline(filename, 2) == "    return 1 / x\n"
    assert filename.startswith("<s2sgrad f #") and filename == source_filename("f", source)


def test_lines_know_their_primal_statement():
    module = emit(inplace(gradients.grad_logistic()))
    lines = module.source.splitlines()
    for k, line in enumerate(lines, 1):
        if line.strip() in ("x = x_saved.pop()", "x = r * x * (1.0 - x)"):
            assert module.lines[k].text == "x = r * x * (1.0 - x)"


def test_gradient_is_right():
    grad = compile_module(emit(inplace(gradients.grad_logistic()), name="slope"))
    assert grad.__name__ == "slope"

    def logistic(r, x, n):
        for _ in range(n):
            x = r * x * (1.0 - x)
        return x

    h = 1e-6
    r_bar, x_bar = grad(3.1, 0.4, 5)
    assert r_bar == pytest.approx((logistic(3.1 + h, 0.4, 5) - logistic(3.1 - h, 0.4, 5)) / (2 * h))
    assert x_bar == pytest.approx((logistic(3.1, 0.4 + h, 5) - logistic(3.1, 0.4 - h, 5)) / (2 * h))


@pytest.mark.parametrize("seed", ["0", "1"])
def test_same_text_in_every_process(seed):
    code = (
        "from s2sgrad.emit import emit; from s2sgrad.optimize.inplace import inplace\n"
        "from tests.emit.random_functions import Sharing\n"
        "print(''.join(emit(inplace(Sharing(k, adjoint=True).function())).source for k in range(40)), end='')"
    )

    run = subprocess.run([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True)
    expected = "".join(emit(inplace(Sharing(k, adjoint=True).function())).source for k in range(40))
    assert run.stdout == expected, run.stderr
