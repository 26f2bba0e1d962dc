"""Blocks as Python statements: assignments, control flow, sections and comments."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Container, Sequence

from s2sgrad.emit.calls import BINARY, junction
from s2sgrad.emit.expressions import Expressions, negated
from s2sgrad.emit.folding import Folding
from s2sgrad.emit.items import loop_items
from s2sgrad.emit.moves import Move, assign, parallel
from s2sgrad.emit.printer import Comment
from s2sgrad.emit.updates import taken_over, targets, update
from s2sgrad.ir.core import UNDEFINED, Block, Call, Const, For, If, Op, Operand, Stmt, Try, Value, While, With
from s2sgrad.ir.primitives import raise_
from s2sgrad.ir.raising import op_may_raise
from s2sgrad.ir.types import Scalar
from s2sgrad.optimize.written_through import WrittenThrough, is_update

_COMPOUND = ("return", "for ", "while ", "if ", "elif ", "else", "with ", "def ", "@")


class Statements:
    """Prints the blocks of one function."""

    def __init__(self, e: Expressions, folding: Folding, through: WrittenThrough, uses: dict[Value, int]) -> None:
        self.e = e
        self.ternaries = folding.ternaries
        self.tails = folding.tails
        self.unpackings = set(folding.unpacked.values())
        self.through = through
        self.uses = uses
        self.comments = True
        self.guarded = (
            0  # how many bodies of `try` we are in: there, what raises counts though nothing reads its result
        )
        self.undefined: set[str] = set()  # the variables that have to start as None
        self.read: set[Operand] = set()  # the flags that stop a loop and are read after it too
        self.false: set[Operand] = set()  # the flags that are known to be false inside of their loops

    # -- blocks ------------------------------------------------------------------------------

    def block(
        self, block: Block, tail: Sequence[Operand] = (), said: Stmt | None = None, skip: Container[Op] = ()
    ) -> list[ast.stmt]:
        """The statements of a block. ``tail``: leave the loop at the end if one of these is true.

        ``said``: the primal statement that a comment has named last.
        """
        out: list[ast.stmt] = []
        tail = self._open(tail)
        last = self._tail_branch(block, tail)
        for op in block.ops:
            if self._is_folded(op) or op in skip:
                continue
            if isinstance(op, If) and op not in self.ternaries:
                made = self._if(op, tail if op is last else (), said)
            else:
                made = self.op(op)
            if not made:
                continue
            if op.adjoint and self.comments:
                if isinstance(op, Call):
                    if op.stmt is not None and op.stmt != said:
                        comment = _comment(op.stmt)
                        if said is None and all(_is_pop(statement) for statement in out):
                            out[:0] = comment  # what was saved for the statement belongs to it
                        else:
                            made = [*comment, *made]
                    said = op.stmt
                elif not isinstance(op, If) or op.stmt != said:
                    said = None
            for statement in made:
                _mark(statement, op)
            out.extend(made)
        if last is None:
            out.extend(self._leave(tail))
        return out

    def returning(self, block: Block, leave: Callable[[list[Operand]], ast.stmt]) -> list[ast.stmt]:
        """The statements of a block that ends with the function's return, which ``leave`` makes of the results."""
        last = block.ops[-1] if block.ops else None
        if not isinstance(last, If) or last.then not in self.tails:
            made = self.block(block)
            if block.diverges:
                return made
            end = leave(block.results)
            # what is folded into the return comes from the last statements of the primal
            origin = next((op.stmt for op in reversed(block.ops) if op.stmt is not None), None)
            end.origin = origin  # type: ignore[attr-defined]
            return [*made, end]
        out = self.block(block, skip=(last,))

        def leave_branch(results: list[Operand]) -> ast.stmt:
            given = dict(zip(last.results, results, strict=True))
            return leave([given[x] if isinstance(x, Value) else x for x in block.results])

        then, orelse = self.returning(last.then, leave_branch), self.returning(last.orelse, leave_branch)
        branch = ast.If(self.e.operand(last.cond), then, [])
        _mark(branch, last)
        return [*out, branch, *orelse]

    def _is_folded(self, op: Op) -> bool:
        return bool(op.results) and op.results[0] in self.e.folded

    def _leave(self, stops: Sequence[Operand]) -> list[ast.stmt]:
        """``break`` if one of these is true."""
        stops = self._open(stops)
        if not stops:
            return []
        if isinstance(stops[0], Const):
            return [ast.Break()]
        test = self.e.operand(stops[0])
        for x in stops[1:]:
            test = junction(ast.Or(), test, self.e.operand(x))
        return [ast.If(test, [ast.Break()], [])]

    def _open(self, stops: Sequence[Operand]) -> Sequence[Operand]:
        """Those that may be true; only a constant if that is."""
        certain = [x for x in stops if isinstance(x, Const) and x.value]
        return certain[:1] or [x for x in stops if not isinstance(x, Const) and x not in self.false]

    def _stops(self, stop: Operand) -> list[Operand]:
        """The terms of what stops a loop."""
        made = self.e.folded.get(stop) if isinstance(stop, Value) else None
        if isinstance(made, Call) and made.fn is operator.or_:
            return [term for x in made.args for term in self._stops(x)]
        return [stop]

    def _tail_branch(self, block: Block, tail: Sequence[Operand]) -> If | None:
        """The If that ends a block and decides all of ``tail``: its branches can leave the loop themselves."""
        if not tail:
            return None
        for op in reversed(block.ops):
            if isinstance(op, If) and all(x in op.results for x in tail) and op not in self.ternaries:
                return op
            if not self._is_folded(op):
                return None
        return None

    # -- operations --------------------------------------------------------------------------

    def op(self, op: Op) -> list[ast.stmt]:
        if isinstance(op, Call):
            return self._call(op)
        if isinstance(op, If):
            if op in self.ternaries:
                return [assign(self.e.names[op.results[0]], self.e.ternary(op))]
            return self._if(op, (), None)
        if isinstance(op, For):
            return self._for(op)
        if isinstance(op, While):
            return self._while(op)
        if isinstance(op, Try):
            return self._try(op)
        return self._with(op)

    def _call(self, op: Call) -> list[ast.stmt]:
        if op.fn is raise_:
            cause = self.e.tree(op.args[1]) if len(op.args) > 1 else None
            return [ast.Raise(self.e.tree(op.args[0]) if op.args else None, cause)]
        if op.fn is setattr:
            owner, name, value = op.args
            target = ast.Attribute(self.e.tree(owner), name.value, ast.Store())
            return [ast.Assign([target], self.e.tree(value))]
        if is_update(op):
            if (taken := taken_over(op, self.e)) is not None:
                return [taken]
            made = [] if op in self.through.whole else update(op, self.e)
            return made + self._renamed(op.args[0], op.results[0])
        if op in self.unpackings:
            return []
        if op.fn is tuple and len(op.results) > 1:
            return [ast.Assign([targets(op.results, self.e)], self.e.tree(op.args[0]))]
        names = [self.e.names.get(result) for result in op.results]
        if not any(names):
            needed = op.effect or not op.results or (self.guarded and op_may_raise(op, (BaseException,)))
            return [ast.Expr(self.e.call(op))] if needed else []
        if len(names) > 1:
            return [ast.Assign([targets(op.results, self.e)], self.e.call(op))]
        assert names[0] is not None
        augmented = self._augmented(op, names[0])
        return [augmented if augmented is not None else assign(names[0], self.e.call(op))]

    def _renamed(self, old: Operand, new: Value) -> list[ast.stmt]:
        """What gives an update's result its own variable, if it has one."""
        name = self.e.names.get(new)
        return [] if name is None else list(parallel([(name, self.e.operand(old))]))

    def _augmented(self, op: Call, target: str) -> ast.stmt | None:
        """``x += y`` for a number ``x = x + y``, in adjoints and where the author wrote it so."""
        symbol = BINARY.get(op.fn) if isinstance(op.result.type, Scalar) else None
        if symbol is None or len(op.args) != 2:
            return None
        if not (op.adjoint and symbol in (ast.Add, ast.Sub)) and not _is_augmented(op.stmt, target):
            return None
        for k, other in ((0, 1), (1, 0)) if symbol in (ast.Add, ast.Mult) else ((0, 1),):
            x = op.args[k]
            if not (isinstance(x, Value) and isinstance(x.type, Scalar)):
                continue  # an array without axes may be a view: `+=` would write through it
            if x not in self.e.folded and self.e.names.get(x) == target:
                return ast.AugAssign(ast.Name(target, ast.Store()), symbol(), self.e.tree(op.args[other]))
        return None

    def moves(self, targets: list[Value], values: list[Operand]) -> list[ast.stmt]:
        """The assignments that hand values on."""
        found: list[Move] = []
        for target, value in zip(targets, values, strict=True):
            name = self.e.names.get(target)
            if name is None:
                continue
            if value is not UNDEFINED:
                found.append((name, self.e.operand(value)))
            elif name in self.undefined:
                found.append((name, ast.Constant(None)))
        return parallel(found)

    # -- control flow ------------------------------------------------------------------------

    def _branch(self, op: If, block: Block, tail: Sequence[Operand], said: Stmt | None) -> list[ast.stmt]:
        if block.diverges:
            return self.block(block)
        given = dict(zip(op.results, block.results, strict=True))
        stops = [given[x] for x in tail]  # type: ignore[index]
        dropped = [x for x in tail if isinstance(x, Value) and x not in self.read and self.uses.get(x) == 1]
        self.read.update(given[x] for x in tail if x not in dropped)  # type: ignore[index]
        pairs = [(t, v) for t, v in given.items() if t not in dropped]
        moves = self.moves([t for t, _ in pairs], [v for _, v in pairs])
        if not moves:
            return self.block(block, stops, said)
        return self.block(block, said=said) + moves + self._leave(stops)

    def _if(self, op: If, tail: Sequence[Operand], said: Stmt | None) -> list[ast.stmt]:
        then, orelse = self._branch(op, op.then, tail, said), self._branch(op, op.orelse, tail, said)
        if not then and not orelse:
            return []
        test = self.e.operand(op.cond)
        if not then:
            test, then, orelse = negated(test), orelse, []
        if _ends(orelse) and not _ends(then) and len(orelse) == 1 and isinstance(orelse[0], ast.Break):
            test, then, orelse = negated(test), orelse, then
        asserted = _as_assert(test, then, op.stmt)
        if asserted is not None:
            return [asserted, *orelse]
        if _ends(then):
            return [ast.If(test, then, []), *orelse]
        if not orelse and len(then) == 1 and isinstance(then[0], ast.If) and not then[0].orelse:
            return [ast.If(junction(ast.And(), test, then[0].test), then[0].body, [])]
        return [ast.If(test, then, orelse)]

    def _for(self, op: For) -> list[ast.stmt]:
        before = self.moves(op.carried, op.inits)
        bounds = [self.e.operand(x) for x in (op.start, op.stop, op.step)]
        if isinstance(op.step, Const) and op.step.value == 1:
            bounds.pop()
            if isinstance(op.start, Const) and op.start.value == 0:
                bounds.pop(0)
        loads = loop_items(op, self.e, self.uses)
        if loads is not None:
            target, items, skip = loads
            body = self._loop_body(op, skip)
        else:
            name = self.e.names[op.index]
            target, items = ast.Name(name, ast.Store()), ast.Call(self.e.references.expression(range), bounds, [])
            if op.reverse and not (op.index.name is None and name == "_"):
                items = ast.Call(self.e.references.expression(reversed), [items], [])
            body = self._loop_body(op)
        return [*before, ast.For(target, items, body, []), *self.moves(op.results, list(op.carried))]

    def _while(self, op: While) -> list[ast.stmt]:
        before = self.moves(op.carried, op.inits)
        head = self.block(op.cond)
        test = self.e.operand(op.cond.results[0])
        body = self._loop_body(op)
        if head:
            body = [*head, ast.If(negated(test), [ast.Break()], []), *body]
            test = ast.Constant(True)
        return [*before, ast.While(test, body, []), *self.moves(op.results, list(op.carried))]

    def _loop_body(self, op: For | While, skip: Container[Op] = ()) -> list[ast.stmt]:
        body = op.body
        moves = self.moves(op.carried, body.results)
        if body.diverges or body.stop is None:
            return self.block(body, skip=skip) + ([] if body.diverges else moves)
        stops = self._stops(body.stop)
        self.false.update(
            param
            for init, param, result in zip(op.inits, op.carried, body.results, strict=True)
            if isinstance(init, Const) and init.value is False and result in stops
        )
        if not moves:
            return self.block(body, stops, skip=skip)
        if body.stop in op.carried:  # decided by the value that the moves overwrite
            leave: list[ast.stmt] = [ast.If(self.e.operand(body.stop), [*moves, ast.Break()], [])]
            return [*self.block(body, skip=skip), *leave, *moves]
        next_of = {r: p for p, r in zip(op.carried, body.results, strict=True) if p in self.e.names}
        made = self.block(body, skip=skip) + moves
        self.false.difference_update(op.carried)
        return made + self._leave([next_of.get(x, x) for x in stops])

    def _try(self, op: Try) -> list[ast.stmt]:
        self.guarded += 1
        body = self._part(op, op.body)
        self.guarded -= 1
        handler = self._part(op, op.handler)
        if not body:
            return []
        classes = [self.e.references.expression(e) for e in op.exceptions]
        caught = classes[0] if len(classes) == 1 else ast.Tuple(classes, ast.Load())
        name = self.e.names.get(op.handler.params[0])
        return [ast.Try(body, [ast.ExceptHandler(caught, name, handler)], [], [])]

    def _part(self, op: Try, block: Block) -> list[ast.stmt]:
        return self.block(block) + ([] if block.diverges else self.moves(op.results, block.results))

    def _with(self, op: With) -> list[ast.stmt]:
        bound = self.e.names.get(op.body.params[0]) if op.body.params else None
        name = None if bound is None else ast.Name(bound, ast.Store())
        body = self.block(op.body) + self.moves(op.results, op.body.results)
        return [ast.With([ast.withitem(self.e.call(op.context), name)], body)]


def _ends(statements: list[ast.stmt]) -> bool:
    return bool(statements) and isinstance(statements[-1], (ast.Break, ast.Raise))


def _as_assert(test: ast.expr, then: list[ast.stmt], stmt: Stmt | None) -> ast.stmt | None:
    """``assert`` for a branch that only raises AssertionError, where the author wrote ``assert``."""
    if stmt is None or not stmt.text.startswith("assert") or len(then) != 1 or not isinstance(then[0], ast.Raise):
        return None
    error = then[0].exc
    call = error if isinstance(error, ast.Call) else None
    name = call.func if call is not None else error
    if not isinstance(name, ast.Name) or name.id != "AssertionError" or (call is not None and len(call.args) > 1):
        return None
    return ast.Assert(negated(test), call.args[0] if call is not None and call.args else None)


def _is_pop(statement: ast.stmt) -> bool:
    call = getattr(statement, "value", None)
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "pop"


def _mark(statement: ast.stmt, op: Op) -> None:
    """Note where a statement comes from: for the map of lines, and for the sections."""
    statement.origin = op.stmt  # type: ignore[attr-defined]
    statement.adjoint = op.adjoint  # type: ignore[attr-defined]


def _comment(stmt: Stmt) -> list[ast.stmt]:
    text = stmt.text.partition("\n")[0].strip()
    return [] if text.startswith(_COMPOUND) else [Comment(text)]


def _is_augmented(stmt: Stmt | None, target: str) -> bool:
    if stmt is None or stmt.text.startswith(_COMPOUND):
        return True
    left, equals, _ = stmt.text.partition("=")
    return bool(equals) and left.rstrip("+-*/%@&|^<> ") == target and not left.endswith((" ", target))
