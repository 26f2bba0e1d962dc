"""Tests compile everything anew; those of the cache have one of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

os.environ["S2SGRAD_CACHE"] = "0"

from s2sgrad.rules.table import DECLARED, RULES, is_foreign  # noqa: E402


@pytest.fixture(autouse=True)
def leaves_no_rules() -> Iterator[None]:
    """A test that declares a rule takes it back: with rules of somebody else's about, nothing is kept on disk."""
    yield
    left = [fn for fn, rule in RULES.items() if is_foreign(rule.place)]
    assert not left and not DECLARED, f"the rules of {left}, {DECLARED} are left"
