import numpy as np
import pytest

from s2sgrad.rules import padding
from tests.rules.checking import check, family, id_of
from tests.rules.samples import array

CASES = [
    (np.pad, array(3), 1),
    (np.pad, array(2, 3), (1, 2)),
    (np.pad, array(2, 3), ((0, 1), (2, 0))),
    (np.pad, array(2, 3), ((1, 2),)),
    (np.pad, array(3), 2, "edge"),
    (np.pad, array(2, 3), ((1, 0), (2, 1)), "edge"),
    (np.pad, array(4), (3, 2), "reflect"),
    (np.pad, array(4), 9, "symmetric"),
    (np.pad, array(2, 3), ((1, 1), (0, 2)), "wrap"),
    (np.pad, array(2, 3, 4), 1, "reflect"),
    (np.pad, array(2, 3), 0),
]


@pytest.mark.parametrize("case", CASES, ids=id_of)
def test_rules(case):
    fn, *args = case
    check(fn, *args)


def test_padding_with_a_constant():
    check(np.pad, array(3), 1, constant_values=2.0)


@pytest.mark.parametrize("mode", ["reflect", "symmetric"])
@pytest.mark.parametrize("width", [2, 9])
def test_odd_reflections(mode, width):
    check(np.pad, array(4), width, mode, reflect_type="odd")
    check(np.pad, array(2, 3), ((1, 2), (0, width)), mode, reflect_type="odd")


@pytest.mark.parametrize("mode", ["constant", "linear_ramp", "maximum", "mean", "median", "minimum"])
@pytest.mark.parametrize(
    "shape, width, options",
    [
        ((4,), 2, {}),
        ((4,), (0, 3), {}),
        ((2, 3), ((1, 2), (0, 1)), {}),
        ((2, 3), {-1: (1, 2)}, {}),
        ((4,), 2, {"constant_values": (1.5, 2.5), "end_values": (1.5, 2.5), "stat_length": (2, 3)}),
        ((2, 3), 1, {"constant_values": 2.0, "end_values": 2.0, "stat_length": 2}),
    ],
    ids=str,
)
def test_padding_by_concatenation_is_numpys_to_the_bit(mode, shape, width, options):
    wanted = {"constant": "constant_values", "linear_ramp": "end_values"}.get(mode, "stat_length")
    options = {k: v for k, v in options.items() if k == wanted}
    x = array(*shape)
    assert np.array_equal(padding.padded(x, width, mode, **options), np.pad(x, width, mode, **options))


def test_every_rule_is_checked():
    assert family(padding) == {case[0] for case in CASES}
