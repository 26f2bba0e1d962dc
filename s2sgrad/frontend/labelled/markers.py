"""What the methods of stand-ins are written with, beside NumPy: carried out while compiling (``constructors``)."""

from __future__ import annotations

from typing import Any


def like(series: Any, values: Any) -> Any:
    """A Series of other values with the index and the name of this one."""


def renamed(series: Any, name: Any) -> Any:
    """The same Series with another name."""


def values_of(series: Any, other: Any) -> Any:
    """The array of another Series, which has to have the index of this one; anything else as it is."""


def selected(series: Any, mask: Any) -> Any:
    """The part of a Series where a mask is true."""


def store_at(series: Any, mask: Any, value: Any) -> None:
    """Store a number, or what another Series has there, where a mask is true."""


def at_position(series: Any, key: Any) -> Any:
    """``series.iloc[key]``."""


def column(frame: Any, key: Any) -> Any:
    """``frame[key]``."""


def set_column(frame: Any, key: Any, values: Any) -> None:
    """``frame[key] = values``."""


def copied(frame: Any) -> Any:
    """Another DataFrame with the same columns."""


def names_of(frame: Any) -> Any:
    """The names of the columns."""


def arrays_of(frame: Any) -> Any:
    """The arrays of the columns, which have to be numbers."""


def series_of(frame: Any, values: Any) -> Any:
    """A Series with the index of a DataFrame."""


def unsupported(what: str) -> None:
    """Refuse."""
