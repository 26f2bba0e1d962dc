"""pytest --s2sgrad-check MODULE, as users run it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import s2sgrad

pytest_plugins = ["pytester"]

MODEL = """
import numpy as np
from s2sgrad import grad
from s2sgrad.testing import differentiable

@differentiable(example=lambda: (np.array([0.3, 0.7]), 2.0))
def good(x, k):
    return np.sum(np.sin(k * x))

@differentiable(example=(0.0,), order=1)
def bent(x):
    y = 2.0 * x
    return y if y > 0.0 else 0.3 * y

@grad
def bare(x):
    return x * x
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Run pytest on a directory of its own, in a process of its own: inside this one it would load modules twice."""
    paths = [str(pytester.path), str(Path(s2sgrad.__file__).parents[1])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def run(*args: str, text: str = MODEL) -> pytest.RunResult:
        pytester.makepyfile(heat_model=text)
        return pytester.runpytest_subprocess("-p", "s2sgrad.pytest_plugin", *args)

    return run


def test_each_marked_function_is_a_test(run):
    result = run("--s2sgrad-check", "heat_model", "-v", "-rs")
    result.assert_outcomes(passed=1, failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "s2sgrad:heat_model::good PASSED*",
            "s2sgrad:heat_model::bent FAILED*",
            "s2sgrad:heat_model::bare SKIPPED*",
            "error[[]S2S401[]]: derivative with respect to argument 0 is 0.*in rev mode, but * numerically (order 1)",
            "*probable cause: kink;*",
            "*a derivative without example arguments*",
        ]
    )


def test_beside_other_tests_and_chosen_by_name(run, pytester):
    pytester.makepyfile(test_other="def test_other(): pass")
    run("--s2sgrad-check", "heat_model", "-k", "good or other").assert_outcomes(passed=2, deselected=2)


def test_it_loads_nothing_by_itself():
    """pytest loads the plugin wherever s2sgrad is installed."""
    path = Path(s2sgrad.__file__).parent / "pytest_plugin.py"
    imports = [line for line in path.read_text().splitlines() if line.startswith(("import ", "from "))]
    assert not [line for line in imports if "s2sgrad" in line]


@pytest.mark.parametrize(
    ("module", "words"),
    [("no_such_model", "*--s2sgrad-check no_such_model: No module named*"), ("heat_model", "*no function*is marked*")],
)
def test_usage(run, module, words):
    result = run("--s2sgrad-check", module, text="x = 1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([words])
