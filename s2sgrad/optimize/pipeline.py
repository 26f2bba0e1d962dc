"""The passes in their order."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection

from s2sgrad.ir.core import Block, Function, Op
from s2sgrad.ir.verify import InvalidIR
from s2sgrad.ir.verify import verify as verify_function
from s2sgrad.optimize.cse import cse
from s2sgrad.optimize.dce import dce, dce_block
from s2sgrad.optimize.first_stores import store_first
from s2sgrad.optimize.hoist import hoist
from s2sgrad.optimize.outer_sums import gather_outer_products
from s2sgrad.optimize.purity import Ours, is_adjoint
from s2sgrad.optimize.quotients import share_quotients
from s2sgrad.optimize.running_sums import keep_sums
from s2sgrad.optimize.simplify import simplify, simplify_block
from s2sgrad.optimize.updates import gather_updates
from s2sgrad.stages import stage

Pass = Callable[[Function, Ours], Function]


def drop_dead(function: Function, _: Ours) -> Function:
    return dce(function)


# Merging first lets `x + x` be recognised, and equal indices; hoisting moves only what is left. It takes indices out of
# the loops in which they do not change, and only then they are seen not to.
PASSES: tuple[Pass, ...] = (
    *(cse, gather_updates, simplify, share_quotients, drop_dead),
    *(gather_outer_products, store_first, hoist, keep_sums),
)

_ALWAYS_VERIFY = os.environ.get("S2SGRAD_VERIFY") == "1"


@stage("clean")
def clean(block: Block, ours: Ours = is_adjoint) -> None:
    """Simplify a freshly made block of derivative code in place, and drop what its results do not need."""
    simplify_block(block, ours)
    dce_block(block)


def optimize_tangent(function: Function, authors: Collection[Op]) -> Function:
    """Run all passes on what the tangent transform has added to the operations ``authors``."""
    return optimize(function, ours=lambda op: op.adjoint or op not in authors)


def optimize(function: Function, *, verify: bool = False, ours: Ours = is_adjoint) -> Function:
    """Run all passes on ``function`` (in place) and return it.

    ``verify``: check it after each pass. ``ours``: which operations are derivative code, so that they may be changed:
    by default all that the reverse transform has made.
    """
    check = verify or _ALWAYS_VERIFY
    if check:
        _check(function, "before optimisation")
    for run in PASSES:
        function = stage(run.__name__)(run)(function, ours)
        if check:
            _check(function, f"after {run.__name__}")
    return function


def _check(function: Function, when: str) -> None:
    try:
        verify_function(function)
    except InvalidIR as error:
        raise InvalidIR(f"{when}: {error}") from None
