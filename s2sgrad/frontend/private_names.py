"""Private names: in a class ``C`` Python reads ``self.__x`` as ``self._C__x``, and so do we."""

from __future__ import annotations

from typing import Any

import gast


def mangle(tree: Any, cls: str) -> None:
    """Rename the private names in a function's code, in place; ``cls``: the innermost class around it, or ``""``."""
    pending = [(tree, cls.lstrip("_"))]
    while pending:
        node, prefix = pending.pop()
        if prefix:
            for field in _FIELDS.get(type(node), ()):
                value = getattr(node, field)
                new = [_mangled(v, prefix) for v in value] if isinstance(value, list) else _mangled(value, prefix)
                setattr(node, field, new)
        inner = node.name.lstrip("_") if isinstance(node, gast.ClassDef) else prefix
        pending.extend((child, inner) for child in gast.iter_child_nodes(node))


_FIELDS: dict[type, tuple[str, ...]] = {
    gast.Name: ("id",),
    gast.Attribute: ("attr",),
    gast.keyword: ("arg",),
    gast.FunctionDef: ("name",),
    gast.AsyncFunctionDef: ("name",),
    gast.ClassDef: ("name",),
    gast.Global: ("names",),
    gast.Nonlocal: ("names",),
    gast.alias: ("name", "asname"),
}


def _mangled(name: str | None, prefix: str) -> str | None:
    if name is None or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    return f"_{prefix}{name}"
