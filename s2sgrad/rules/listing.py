"""The table of rules as rows, and what it covers: one row for each function, one status for each public callable."""

from __future__ import annotations

import os
from dataclasses import dataclass

from s2sgrad.rules.suggestion import qualified_name
from s2sgrad.rules.table import RULES, Rule


@dataclass(frozen=True, slots=True)
class Row:
    """A function with a rule.

    ``modes``: "both", "reverse", "forward", or "zero" for a function whose derivative is zero wherever it exists.
    ``rule``: the verbs that were used. ``where``: file and line.
    """

    function: str
    modes: str
    rule: str
    where: str


def listed(pattern: str = "") -> list[Row]:
    """The rules of the functions whose qualified names contain a text, by name."""
    rows = [_row(rule) for rule in RULES.values()]
    pattern = pattern.replace("np.", "numpy.", 1) if pattern.startswith("np.") else pattern
    return sorted((row for row in rows if pattern in row.function), key=lambda row: row.function)


def _row(rule: Rule) -> Row:
    forms = {"partials": rule.partials, "linear": rule.transpose, "vjp": rule.vjp, "jvp": rule.jvp}
    names = [name for name, form in forms.items() if form is not None]
    if rule.multilinear:
        names = ["multilinear"]
    if rule.nondiff:
        names = ["nondiff"]
    filename, line = rule.place
    below = os.path.relpath(filename)
    shown = filename if below.startswith(os.pardir) else below
    return Row(qualified_name(rule.function), modes_of(rule), ", ".join(names), f"{shown}:{line}")


def modes_of(rule: Rule) -> str:
    """The modes in which a function can be differentiated."""
    if rule.nondiff:
        return "zero"
    if rule.partials is not None or rule.transpose is not None or rule.multilinear:
        return "both"
    modes = [name for name, form in (("reverse", rule.vjp), ("forward", rule.jvp)) if form is not None]
    return "both" if len(modes) == 2 else modes[0]
