"""Refusing, while compiling, what a rule does not know."""

from __future__ import annotations

from s2sgrad.rules.table import static


@static
def refuse_if(refused, what):
    if refused:
        raise NotImplementedError(f"{what} has no derivative rule")


@static
def _refuse_option(name, option):
    raise NotImplementedError(f"{name} with {option} has no derivative rule")


def refuse_options(name, options, *refused):
    """Refuse a call that is given one of these options."""
    for option in refused:
        if option in options:
            _refuse_option(name, option)
