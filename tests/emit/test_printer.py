"""What is printed parses to what was meant, with the fewest parentheses."""

import ast
import random

import pytest

from s2sgrad.emit.printer import print_tree

EXPRESSIONS = """
a + b - c
a - (b - c)
a * (b + c) / d // e % f @ g
-a ** 2
(-a) ** 2
a ** -b
(a ** b) ** c
a ** b ** c
not a and b or c
not (a and b)
(a or b) and c
a and (b and c)
(a if b else c) + 1
a if b else c if d else e
(a if b else c) if d else e
a < b
(a < b) == c
not a < b
-(a + b)
~a & b | c ^ d
a << b + c
x[1:-1]
x[:, None, ..., ::2]
x[i, j][k]
x[i,]
x[()]
x[(a, b), c]
f(x, (a, b), key=c if d else e)
f(x)(y)
x.T @ (y + z)
(x + y).T
(-1).real
1.5.real
[a, (b, c), []]
{'a': b, 'c': (d,)}
(a, b)
(a,)
()
f('it\\'s\\n')
1e-30 + 1e+100 + 2j
a is not None
a in b
"""


@pytest.mark.parametrize("text", EXPRESSIONS.strip().splitlines())
def test_expression(text):
    source, _ = print_tree(ast.parse(text))
    assert ast.dump(ast.parse(source)) == ast.dump(ast.parse(text))
    assert source.count("(") <= text.count("(")


def random_expression(pick: random.Random, depth: int) -> ast.expr:
    def inner() -> ast.expr:
        return random_expression(pick, depth - 1)

    if depth == 0:
        return ast.Name(pick.choice("abc"), ast.Load())
    kind = pick.randrange(8)
    if kind < 3:
        operators = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.MatMult, ast.BitAnd, ast.LShift)
        return ast.BinOp(inner(), pick.choice(operators)(), inner())
    if kind == 3:
        return ast.UnaryOp(pick.choice((ast.USub, ast.Not, ast.Invert))(), inner())
    if kind == 4:
        return ast.BoolOp(pick.choice((ast.And, ast.Or))(), [inner(), inner()])
    if kind == 5:
        return ast.Compare(inner(), [pick.choice((ast.Lt, ast.Is))()], [inner()])
    if kind == 6:
        return ast.IfExp(inner(), inner(), inner())
    return ast.Subscript(inner(), ast.Tuple([ast.Slice(inner()), inner()], ast.Load()), ast.Load())


@pytest.mark.parametrize("seed", range(300))
def test_random_expression(seed):
    tree = random_expression(random.Random(seed), 4)
    source, _ = print_tree(ast.Module([ast.Expr(tree)], []))
    assert ast.dump(ast.parse(source).body[0].value) == ast.dump(tree)


STATEMENTS = '''
def f(a, b=1):
    """Say "so"."""
    if a:
        x = y = 1
    elif b:
        x, y = y, x
    else:
        x += 1
    for i in range(3):
        while True:
            break
    with f(x) as g, h:
        assert x, 'message'
    raise ValueError('no')
    return a, b
'''


def test_statements():
    source, _ = print_tree(ast.parse(STATEMENTS))
    assert source == STATEMENTS.lstrip("\n")
