"""Each public function is shown by an example, and the examples are right."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pytest

import s2sgrad
import s2sgrad.testing

# Public names that need no example: what is public of them is explained where users get them from.
WITHOUT = {"__version__", "DerivativeFunction", "S2SGradError"}

PUBLIC = {name: getattr(s2sgrad, name) for name in s2sgrad.__all__ if name not in WITHOUT}
PUBLIC |= {f"testing.{name}": getattr(s2sgrad.testing, name) for name in getattr(s2sgrad.testing, "__all__", ())}


def examples_of(name: str, thing: Any) -> list[doctest.DocTest]:
    """The examples in the docstring of a public function, class or module; each may use all that s2sgrad exports."""
    names = {public: getattr(s2sgrad, public) for public in s2sgrad.__all__}
    names |= {public: getattr(s2sgrad.testing, public) for public in vars(s2sgrad.testing)}
    return [t for t in doctest.DocTestFinder().find(thing, name, module=False, globs=names) if t.examples]


@pytest.mark.parametrize("name", PUBLIC)
def test_examples(name: str) -> None:
    tests = examples_of(name, PUBLIC[name])
    assert tests, f"{name} has no example in its docstring"
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    report: list[str] = []
    with np.printoptions(legacy=False, precision=8):
        for test in tests:
            runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)
