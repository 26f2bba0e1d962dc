from s2sgrad.ir.primitives import pop, push
from tests.rules.checking import check


def test_push():
    check(push, [0.1, 0.2], 0.3, lowered=False)
    check(push, [], 0.3, lowered=False)


def test_pop():
    check(pop, [0.1, 0.2, 0.3], lowered=False)
