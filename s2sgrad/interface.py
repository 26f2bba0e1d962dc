"""Give a derivative, in IR over flat parameters, the parameters of its primal: so its source can be called like it.

    func grad_loss(W, b, x):              func grad_loss(params, x):
      …                                     W = getindex params, 'W'
                                            b = getindex params, 'b'
                                            …

It is the last step before printing: until then a derivative is a function of numbers and arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from s2sgrad.callees import Path
from s2sgrad.ir.build import Builder
from s2sgrad.ir.core import Call, Const, Function, Value, uses_in
from s2sgrad.ir.primitives import getindex
from s2sgrad.ir.structures import Attribute
from s2sgrad.ir.types import OBJECT


def like_the_primal(
    function: Function,
    paths: Sequence[Path],
    names: Sequence[str],
    defaults: Mapping[str, object],
    kinds: tuple[Any, ...],
) -> Function:
    """``function`` with one parameter for each of ``names``, in place of the one for each of ``paths``.

    :param paths: where each parameter of ``function`` stands in the arguments.
    :param defaults: of the primal's parameters; those that can be written as literals are kept.
    :param kinds: of the primal's parameters (:attr:`inspect.Parameter.kind`).
    """
    given = dict(zip(paths, function.params, strict=True))
    roots = [given.get((i,)) or Value(OBJECT, name) for i, name in enumerate(names)]
    found: dict[Path, Value] = {(i,): root for i, root in enumerate(roots)}
    used = set(uses_in(function.body))
    builder = Builder()
    for path, leaf in given.items():
        if len(path) == 1 or leaf not in used:
            continue
        for n in range(2, len(path)):
            if path[:n] not in found:
                found[path[:n]] = builder.typed_call(
                    _taker(path[n - 1]), OBJECT, found[path[: n - 1]], _key(path[n - 1])
                )
        builder.add(Call(_taker(path[-1]), (found[path[:-1]], Const(_key(path[-1]))), results=[leaf]))
    body = replace(function.body, ops=[*builder.block.ops, *function.body.ops])
    kept = {name: value for name, value in defaults.items() if _is_literal(value)}
    return replace(function, params=roots, body=body, defaults=kept, kinds=kinds)


def _taker(key: Any) -> Any:
    """What takes a part out of an argument."""
    return getattr if isinstance(key, Attribute) else getindex


def _key(key: Any) -> Any:
    return key.name if isinstance(key, Attribute) else key


def _is_literal(value: object) -> bool:
    if type(value) is tuple:
        return all(map(_is_literal, value))
    return value is None or type(value) in (bool, int, float, str)
