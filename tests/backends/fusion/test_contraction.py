"""Arrays keep the axes that more than one iteration needs."""

from __future__ import annotations

import numpy as np

from tests.backends.fusion.loops import Code

RANKS = {"x": 1, "y": 1, "b": 1, "M": 2, "t": 2, "s": 1}
ROWS = np.random.default_rng(1).normal(size=(4, 4))


def agrees(code: Code) -> None:
    before, after = code.run(x=ROWS[0], y=ROWS[1], b=ROWS[2], M=ROWS, n=4)
    for name, x in before.items():
        np.testing.assert_allclose(after[name], x, rtol=1e-14, err_msg=name)


def test_an_array_of_one_loop_becomes_a_number() -> None:
    code = Code(
        "s = np.empty(n)\nfor i in range(n):\n    s[i] = x[i] * y[i]\nfor i in range(n):\n    b[i] += s[i] * s[i]\n",
        RANKS,
    )
    assert code.text == "for i in range(n):\n    s = x[i] * y[i]\n    b[i] += s * s"
    agrees(code)


def test_of_an_array_that_two_inner_loops_share_a_row_is_left() -> None:
    code = Code(
        "t = np.empty((n, n))\n"
        "for i in range(n):\n    for j in range(n):\n        t[i, j] = x[i] * M[i, j]\n"
        "for i in range(n):\n    for j in range(n):\n        b[i] += t[i, n - 1 - j] * y[j]\n",
        RANKS,
    )
    assert "t = np.empty(n)" in code.text and "t[n - 1 - j]" in code.text
    agrees(code)


def test_zeros_are_there_again_in_each_iteration() -> None:
    code = Code(
        "t = np.zeros((n, n))\n"
        "for i in range(n):\n    for j in range(n):\n        t[i, j] += x[i] * M[i, j]\n"
        "for i in range(n):\n    for j in range(n):\n        b[i] += t[i, n - 1 - j] * y[j]\n",
        RANKS,
    )
    assert "zeros" not in code.text and "= 0.0" in code.text
    agrees(code)


def test_an_array_that_is_read_elsewhere_stays() -> None:
    code = Code("s = np.empty(n)\nfor i in range(n):\n    s[i] = x[i]\nb[0] = np.sum(s)\n", RANKS)
    assert "s[i] = x[i]" in code.text
    agrees(code)


def test_a_sum_over_the_outer_loop_stays_an_array() -> None:
    code = Code(
        "s = np.zeros(n)\nfor i in range(n):\n    for j in range(n):\n        s[j] += M[i, j]\n"
        "for i in range(n):\n    b[i] = s[i]\n",
        RANKS,
    )
    assert "s = np.zeros(n)" in code.text
    agrees(code)


def test_what_was_stored_keeps_the_type_of_the_array() -> None:
    code = Code("s = np.empty(n)\nfor i in range(n):\n    s[i] = n\n    b[i] = s[i]\n", RANKS)
    assert "s = float(n)" in code.text
