"""Checks a pass on IR written as text."""

import textwrap
from collections.abc import Callable
from typing import Any

from s2sgrad.ir.core import Function
from s2sgrad.ir.printer import dump
from s2sgrad.ir.verify import verify
from tests.ir.text import parse


def check(run: Callable[[Function], Function], before: str, after: str, **functions: Any) -> None:
    """``run`` makes ``after`` of ``before``; both are well-formed. ``functions``: as for ``parse``."""
    function = parse(before, **functions)
    verify(function)
    function = run(function)
    verify(function)
    assert dump(function).rstrip() == textwrap.dedent(after).strip()
