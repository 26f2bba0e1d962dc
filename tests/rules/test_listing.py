import operator

import numpy as np

from s2sgrad.rules.listing import listed, modes_of
from s2sgrad.rules.table import rule_of


def test_a_row_says_modes_and_place():
    (row,) = listed("np.tanh")
    assert (row.function, row.modes, row.rule) == ("numpy.tanh", "both", "partials")
    filename, line = row.where.rsplit(":", 1)
    assert filename.endswith("elementwise.py")
    with open(rule_of(np.tanh).place[0]) as file:
        assert "@partials(np.tanh" in file.read().splitlines()[int(line) - 1]


def test_rows_come_by_name():
    names = [row.function for row in listed("numpy.linalg")]
    assert names == sorted(names) and "numpy.linalg.inv" in names


def test_modes():
    assert modes_of(rule_of(np.floor)) == "zero"
    assert modes_of(rule_of(np.sort)) == "both"
    assert modes_of(rule_of(operator.matmul)) == "both"
    (row,) = [row for row in listed() if row.function == "numpy.argsort"]
    assert row.where.rpartition(":")[0].endswith("sorting.py")
