"""``match``: each case is a test of the subject and some bindings, like a chain of ``if``.

    match u:                        the structure of a tuple, list, dict or object is known while compiling, so most
        case (0, y): …              patterns are decided then; numbers are compared at run time
        case P(x=a) if a > 0: …

Names are bound before the guard is evaluated, as in Python, and stay bound if the guard fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from s2sgrad.frontend.attributes import attribute
from s2sgrad.frontend.binding import bind, known_items
from s2sgrad.frontend.dicts import is_keyed
from s2sgrad.frontend.entries import entries
from s2sgrad.frontend.expressions import condition, new_list_of
from s2sgrad.frontend.join import branch
from s2sgrad.frontend.kinds import describe, possible_types, python_type
from s2sgrad.frontend.lowerer import STATEMENTS, Lowerer
from s2sgrad.frontend.operations import compare, truth
from s2sgrad.frontend.statements import lower_block
from s2sgrad.frontend.things import Cell, DictRef, ListRef, ObjectRef, Thing
from s2sgrad.ir.core import Const, Operand, Value

Then = Callable[[], Operand]
TRUE, FALSE = Const(True), Const(False)
_SELF = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)  # a positional pattern is itself


def lower_match(lo: Lowerer, stmt: Any) -> None:
    """Run the first case that matches."""
    _cases(lo, stmt, lo.expr(stmt.subject), stmt.cases)


def _cases(lo: Lowerer, stmt: Any, subject: Thing, cases: list[Any]) -> None:
    if not cases:
        return
    case, *rest = cases
    bindings: list[tuple[str, Thing]] = []
    matched = _matches(lo, case.pattern, subject, bindings)

    def guarded() -> Operand:
        for name, thing in bindings:
            bind(lo, _target(name, case.pattern), thing)
        return TRUE if case.guard is None else condition(lo, case.guard)

    cond = _and(lo, matched, guarded)
    assert lo.frame.source is not None
    live = lo.frame.source.liveness.after.get(stmt)
    if isinstance(cond, Const):
        lower_block(lo, case.body) if cond.value else _cases(lo, stmt, subject, rest)
    else:
        branch(lo, cond, lambda: lower_block(lo, case.body), lambda: _cases(lo, stmt, subject, rest), live)


def _and(lo: Lowerer, first: Operand, then: Then) -> Operand:
    """``first and then()``, which is only evaluated where ``first`` is true."""
    if isinstance(first, Const):
        return then() if first.value else FALSE
    result: Operand = branch(lo, first, then, lambda: FALSE)
    return result


def _target(name: str, pattern: Any) -> Any:
    return gast.copy_location(gast.Name(name, gast.Store(), None, None), pattern)


def _matches(lo: Lowerer, pattern: Any, subject: Thing, bindings: list[tuple[str, Thing]]) -> Operand:
    """Whether a pattern matches; what it binds is collected."""
    if isinstance(pattern, gast.MatchValue):
        return _equals(lo, subject, lo.expr(pattern.value))
    if isinstance(pattern, gast.MatchSingleton):
        known = isinstance(subject, Const) and subject.value is pattern.value
        if isinstance(subject, Value) and subject.type.is_numeric and isinstance(pattern.value, bool):
            lo.fail("matching True or False against a run-time value is not supported", "use `if`", pattern)
        return Const(known)
    if isinstance(pattern, gast.MatchAs):
        matched = TRUE if pattern.pattern is None else _matches(lo, pattern.pattern, subject, bindings)
        if pattern.name is not None:
            bindings.append((pattern.name, subject))
        return matched
    if isinstance(pattern, gast.MatchOr):
        return _alternatives(lo, pattern.patterns, subject, bindings)
    if isinstance(pattern, gast.MatchSequence):
        return _sequence(lo, pattern, subject, bindings)
    if isinstance(pattern, gast.MatchMapping):
        return _mapping(lo, pattern, subject, bindings)
    return _class(lo, pattern, subject, bindings)


def _equals(lo: Lowerer, subject: Thing, value: Thing) -> Operand:
    if isinstance(subject, (tuple, ListRef, DictRef)) and isinstance(value, Const):
        return FALSE
    if (
        isinstance(value, Const)
        and isinstance(value.value, str)
        and isinstance(subject, Value)
        and subject.type.is_numeric
    ):
        return FALSE
    return truth(lo, compare(lo, gast.Eq, subject, value))


def _all(lo: Lowerer, tests: list[Callable[[], Operand]]) -> Operand:
    """Tests in order, up to the first that fails."""
    if not tests:
        return TRUE
    return _and(lo, tests[0](), lambda: _all(lo, tests[1:]))


def _alternatives(lo: Lowerer, patterns: list[Any], subject: Thing, bindings: list[tuple[str, Thing]]) -> Operand:
    first, *rest = patterns
    found: list[tuple[str, Thing]] = []
    matched = _matches(lo, first, subject, found)
    if isinstance(matched, Const) and matched.value:
        bindings += found
        return TRUE
    if not rest:
        bindings += found
        return matched
    if isinstance(matched, Const):
        return _alternatives(lo, rest, subject, bindings)
    if found:
        lo.fail("alternatives that bind names are decided at run time here", "write a case for each", first)
    result: Operand = branch(lo, matched, lambda: TRUE, lambda: _alternatives(lo, rest, subject, bindings))
    return result


def _sequence(lo: Lowerer, pattern: Any, subject: Thing, bindings: list[tuple[str, Thing]]) -> Operand:
    if not isinstance(subject, (tuple, ListRef)) and not (
        isinstance(subject, Const) and isinstance(subject.value, tuple)
    ):
        known = python_type(lo, subject)
        if known is None:
            lo.fail(f"whether {describe(subject)} is a sequence is only known at run time", "use `if`", pattern)
        return FALSE  # arrays, numbers and strings are no sequences here
    items = known_items(lo, subject)
    if items is None:
        lo.fail("how long this list is, is only known at run time", "use `if len(…)`", pattern)
    star = [k for k, p in enumerate(pattern.patterns) if isinstance(p, gast.MatchStar)]
    count = len(pattern.patterns)
    if (not star and len(items) != count) or (star and len(items) < count - 1):
        return FALSE
    pairs = list(zip(pattern.patterns, items, strict=False))
    if star:
        k, after = star[0], count - star[0] - 1
        pairs = list(zip(pattern.patterns[:k], items[:k], strict=True))
        pairs += zip(pattern.patterns[k + 1 :], items[len(items) - after :], strict=True)
        if pattern.patterns[k].name is not None:
            bindings.append((pattern.patterns[k].name, new_list_of(lo, tuple(items[k : len(items) - after]))))
    return _all(lo, [lambda p=p, item=item: _matches(lo, p, item, bindings) for p, item in pairs])  # type: ignore[misc]


def _mapping(lo: Lowerer, pattern: Any, subject: Thing, bindings: list[tuple[str, Thing]]) -> Operand:
    if not isinstance(subject, DictRef):
        return FALSE
    if is_keyed(lo, subject):
        lo.fail("`match` of a dict whose keys only running knows is not supported", "use `if`", pattern)
    content = dict(entries(lo, subject))
    keys = [lo.expr(k) for k in pattern.keys]
    values = []
    for k in keys:
        if not isinstance(k, Const):
            lo.fail("a key that only running tells", "use `if`", pattern)
        if k.value not in content:
            return FALSE
        values.append(content.pop(k.value))
    if pattern.rest is not None:
        cell = Cell(pattern.rest)
        lo.heap[cell] = content
        bindings.append((pattern.rest, DictRef(cell)))
    pairs = zip(pattern.patterns, values, strict=True)
    return _all(lo, [lambda p=p, v=v: _matches(lo, p, v, bindings) for p, v in pairs])  # type: ignore[misc]


def _class(lo: Lowerer, pattern: Any, subject: Thing, bindings: list[tuple[str, Thing]]) -> Operand:
    cls = lo.expr(pattern.cls)
    if not isinstance(cls, Const) or not isinstance(cls.value, type):
        lo.fail("the class of this pattern is not known while compiling", "name a class", pattern)
    kinds = (subject.cls,) if isinstance(subject, ObjectRef) else possible_types(lo, subject)
    found = {issubclass(kind, cls.value) for kind in kinds}
    if len(found) != 1:
        lo.fail(f"the class of {describe(subject)} is only known at run time", "use `if isinstance(…)`", pattern)
    if not found.pop():
        return FALSE
    if cls.value in _SELF and pattern.patterns:
        return _matches(lo, pattern.patterns[0], subject, bindings)
    names = [*getattr(cls.value, "__match_args__", ())[: len(pattern.patterns)], *pattern.kwd_attrs]
    patterns = [*pattern.patterns, *pattern.kwd_patterns]
    content = lo.heap[subject.cell] if isinstance(subject, ObjectRef) else {}
    for name in names:
        if name not in content and not hasattr(cls.value, name):
            return FALSE
    pairs = zip(names, patterns, strict=True)
    return _all(
        lo,
        [lambda n=n, p=p: _matches(lo, p, attribute(lo, subject, n, p), bindings) for n, p in pairs],  # type: ignore[misc]
    )


STATEMENTS |= {gast.Match: lower_match}
