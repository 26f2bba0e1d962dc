"""Which arguments a derivative is taken in: ``argnums`` and ``argnames``."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from s2sgrad.errors import ArgnumsError

#: The arguments that a derivative is taken in, by position or name: one, or several for a tuple of derivatives.
Which: TypeAlias = "int | str | tuple[int | str, ...]"


def chosen_arguments(argnums: Any, argnames: Any) -> Which:
    """The arguments that ``argnums`` and ``argnames`` choose, those by position first; 0 if neither is given."""
    if argnames is None:
        return checked_argnums(0 if argnums is None else argnums)
    names = argnames if isinstance(argnames, str) else _checked_argnames(argnames)
    if argnums is None:
        return names
    numbers = checked_argnums(argnums)
    return (*_several(numbers), *_several(names))


def _several(which: Which) -> tuple[int | str, ...]:
    return which if isinstance(which, tuple) else (which,)


def _checked_argnames(argnames: Any) -> tuple[str, ...]:
    if not isinstance(argnames, Sequence) or not all(isinstance(name, str) for name in argnames):
        raise ArgnumsError(
            f"argnames={argnames!r} is no name of an argument, and no sequence of them",
            'write argnames="x" or argnames=("x", "y")',
        )
    return tuple(argnames)


def checked_argnums(argnums: Any) -> int | tuple[int, ...]:
    """``argnums`` as an int or a tuple of them. Raises :class:`ArgnumsError` for anything else."""
    if _is_position(argnums):
        return operator.index(argnums)
    if isinstance(argnums, Sequence) and not isinstance(argnums, (str, bytes)):
        for number in argnums:
            if not _is_position(number):
                raise ArgnumsError(f"argnums={argnums!r} holds {number!r}, which is no position", _COUNTED)
        return tuple(map(operator.index, argnums))
    raise ArgnumsError(f"argnums={argnums!r} is no position of an argument, and no sequence of them", _COUNTED)


_COUNTED = "arguments are counted from 0: argnums=1, argnums=(0, 1)"


def _is_position(x: object) -> bool:
    return isinstance(x, (int, np.integer)) and not isinstance(x, bool)
