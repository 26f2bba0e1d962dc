"""Where the values of a function are defined, and what its blocks belong to."""

from __future__ import annotations

from s2sgrad.ir.core import Block, Function, Op, Value, blocks_of


class Nest:
    """``home``: the block that defines a value. ``definition``: the operation that a value is a result of.

    ``owner``: the operation that a block belongs to, and the block that this operation is in.
    """

    def __init__(self, function: Function) -> None:
        self.home: dict[Value, Block] = dict.fromkeys((*function.params, *function.captures), function.body)
        self.definition: dict[Value, Op] = {}
        self.owner: dict[Block, tuple[Op, Block]] = {}
        self._visit(function.body)

    def _visit(self, block: Block) -> None:
        self.home.update(dict.fromkeys(block.params, block))
        for op in block.ops:
            for inner in blocks_of(op):
                self.owner[inner] = op, block
                self._visit(inner)
            for result in op.results:
                self.home[result], self.definition[result] = block, op
