"""Recursive functions: they cannot be inlined, and become IR functions of their own.

A round lowers the body with the result type that the last round found; in the first one, paths that need the
result of the recursion are left out (they are *bottom*), so the base cases say what the type is.
"""

from __future__ import annotations

from typing import Any

from s2sgrad.frontend.lowerer import Frame, Lowerer
from s2sgrad.frontend.things import Thing


def is_recursive(lo: Lowerer, node: Any) -> bool:
    """Whether this function is already being lowered further up."""
    return lo.frame.node is node or any(frame.node is node for frame in lo.stack)


def call_recursive(lo: Lowerer, frame: Frame, node: Any, name: str) -> Thing:
    lo.fail(f"`{name}` is recursive, which is not supported yet", "write it as a loop")


