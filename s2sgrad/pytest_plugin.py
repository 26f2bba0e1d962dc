"""The pytest plugin: ``pytest --s2sgrad-check MODULE`` checks all functions of a module that are marked differentiable.

Loaded by pytest wherever s2sgrad is installed, so it imports nothing until the option is used.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    group = parser.getgroup("s2sgrad", "derivatives")
    group.addoption(
        "--s2sgrad-check",
        action="append",
        default=[],
        metavar="MODULE",
        help="check the derivatives of the functions of MODULE that s2sgrad.testing.differentiable marks (repeatable)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add a test for each example of each function."""
    for name in dict.fromkeys(config.getoption("--s2sgrad-check")):
        items.extend(Derivatives.from_parent(session, name=name, nodeid=f"s2sgrad:{name}", module=name).collect())


class Derivatives(pytest.Collector):
    """The checks of one module."""

    def __init__(self, *, module: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.module = module

    def collect(self) -> Iterator[pytest.Item]:
        """A test for each example. Raises ``UsageError`` if there is no such module, or nothing in it."""
        try:
            module = importlib.import_module(self.module)
        except ImportError as error:
            raise pytest.UsageError(f"--s2sgrad-check {self.module}: {error}") from None
        found = list(importlib.import_module("s2sgrad.testing").examples_in(module))
        if not found:
            raise pytest.UsageError(
                f"--s2sgrad-check {self.module}: no function of this module is marked; "
                "write `@s2sgrad.testing.differentiable(example=(…))` above one"
            )
        for example in found:
            yield DerivativeCheck.from_parent(self, name=example.name, example=example)


class DerivativeCheck(pytest.Item):
    """The check of one function at one example."""

    def __init__(self, *, example: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.example = example

    def runtest(self) -> None:
        """Check the derivatives."""
        if self.example.arguments is None:
            pytest.skip("a derivative without example arguments: add @s2sgrad.testing.differentiable(example=(…))")
        self.example.check()

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The report of the check itself; the traceback of other errors."""
        if isinstance(excinfo.value, AssertionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """The place of the function."""
        code = getattr(self.example.function, "__code__", None)
        place = (code.co_filename, code.co_firstlineno - 1) if code is not None else (self.path, None)
        return *place, f"derivatives of {self.example.name}"
