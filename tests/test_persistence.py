"""Entries of the disk cache: right after any edit, and used where nothing has changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2sgrad import cache, persistence
from s2sgrad.api import grad
from s2sgrad.derivative import pullback_of
from s2sgrad.persistence import NotKept, decode, encode, key_of, signature_text

MODEL = """
    import os
    import numpy as np
    import helper
    from helper import act

    SCALE = 2.0
    OPTIONS = {"square": True}
    if os.environ.get("VARIANT"):
        def shape(x): return 100.0 * x
    else:
        def shape(x): return x

    def loss(x, n=2):
        y = SCALE * act(x) + helper.K * shape(x)
        if OPTIONS["square"]:
            y = y * y
        return y
"""
HELPER = """
    import os
    K = float(os.environ.get("K", "1.0"))

    def scale(x, by=3.0):
        return by * x

    def act(x):
        return scale(x)
"""
RUN = """
    import sys
    from s2sgrad import grad
    import model
    print(float(grad(model.loss)(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)), "s2sgrad.pipeline" in sys.modules)
"""


class Project:
    """A program of three files, run in processes of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in {"model": MODEL, "helper": HELPER, "run": RUN}.items():
            (folder / f"{name}.py").write_text(textwrap.dedent(text))

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / f"{name}.py"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def run(self, **environment: str) -> tuple[float, bool]:
        """The gradient, and whether anything was compiled."""
        env = {**os.environ, "S2SGRAD_CACHE": "1", "S2SGRAD_CACHE_DIR": str(self.folder / "cache"), **environment}
        env["PYTHONDONTWRITEBYTECODE"] = "1"
        out = subprocess.run([sys.executable, "run.py"], cwd=self.folder, env=env, capture_output=True, text=True)
        assert out.returncode == 0, out.stderr
        value, compiled = out.stdout.split()
        return float(value), compiled == "True"

    def entries(self) -> list[Path]:
        return list((self.folder / "cache").glob("*.json"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_used_by_the_next_process(project: Project) -> None:
    assert project.run() == (98.0, True)
    assert project.run() == (98.0, False)
    assert project.run(PYTHONHASHSEED="7") == (98.0, False)
    assert len(project.entries()) == 1


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("model", "y * y", "y * y * y", 1029.0),
        ("model", "SCALE = 2.0", "SCALE = 3.0", 200.0),
        ("helper", "return by * x", "return by * x + x", 162.0),
        ("helper", "by=3.0", "by=4.0", 162.0),
        ("helper", "return scale(x)", "return -scale(x)", 50.0),
    ],
)
def test_every_edit_counts(project: Project, name: str, old: str, new: str, expected: float) -> None:
    project.run()
    project.edit(name, old, new)
    assert project.run() == (expected, True)
    assert project.run() == (expected, False)


RULED = """
    import os
    from s2sgrad import custom_vjp

    K = 1.0

    @custom_vjp
    def act(x):
        return 3.0 * x

    def forward(x):
        return act(x), x

    def backward(x, y_bar):
        return (3.0 * y_bar,)

    def other(x, y_bar):
        return (30.0 * y_bar,)

    act.defvjp(forward, other if os.environ.get("OTHER") else backward)
"""


def test_custom_rules_are_found_again(project: Project) -> None:
    (project.folder / "helper.py").write_text(textwrap.dedent(RULED))
    plain = project.run()
    assert plain[1] and project.run() == (plain[0], False)
    assert project.run(OTHER="1") == (854.0, True)
    project.edit("helper", "3.0 * y_bar", "4.0 * y_bar")
    assert project.run() == (126.0, True)


def test_the_world_counts(project: Project) -> None:
    """What an unchanged file does may depend on the environment."""
    assert project.run() == (98.0, True)
    assert project.run(K="2.0") == (128.0, False)  # a variable is read anew
    assert project.run(VARIANT="1") == (2.0 * 106.0**2, True)  # another function of the same name


@pytest.mark.parametrize("damage", ["truncated", "garbage", "another's", "forged"])
def test_entries_that_cannot_be_trusted(project: Project, damage: str) -> None:
    project.run()
    (entry,) = project.entries()
    text = entry.read_text()
    if damage == "truncated":
        entry.write_text(text[: len(text) // 2])
    elif damage == "garbage":
        entry.write_bytes(b"\0" * 100)
    elif damage == "another's":
        entry.chmod(0o666)
    else:
        content = json.loads(text)
        content["payload"]["source"] = "def grad_loss(x, n=2):\n    return 0.0\n"
        entry.write_text(json.dumps(content))
    assert project.run() == (98.0, True)
    assert project.run() == (98.0, False)


def test_processes_at_once(project: Project) -> None:
    env = {**os.environ, "S2SGRAD_CACHE": "1", "S2SGRAD_CACHE_DIR": str(project.folder / "cache")}
    command = [sys.executable, "run.py"]
    running = [subprocess.Popen(command, cwd=project.folder, env=env, stdout=subprocess.PIPE) for _ in range(4)]
    assert [float(p.communicate()[0].split()[0]) for p in running] == [98.0] * 4
    assert project.run() == (98.0, False)


# -- in one process ------------------------------------------------------------------------------------

WEIGHTS = (1.0, 2.0)


def weighted(x: Any, p: Any = None) -> Any:
    return np.sum(x * WEIGHTS[0]) * WEIGHTS[1]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S2SGRAD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("S2SGRAD_CACHE", "1")


def test_what_is_recalled_is_what_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.ones(3)
    made = grad(weighted).specialise(x)
    key = key_of(grad(weighted), (x, None))
    assert key is not None
    found = persistence.recall(key)
    assert found is not None and found.source == made.source
    assert np.array_equal(found.function(x, None), made.function(x, None))
    assert found.holds()
    monkeypatch.setitem(globals(), "WEIGHTS", (3.0, 2.0))
    assert found.holds() and np.array_equal(found.function(x, None), 6.0 * x)
    monkeypatch.setitem(globals(), "WEIGHTS", (3.0, 2.0, 1.0))
    assert not found.holds()
    assert persistence.recall(key) is None


def test_keys_tell_apart_what_code_may_differ_for() -> None:
    x = np.ones(3)
    asked = [grad(weighted), grad(weighted, argnums=(0,)), grad(grad(weighted)), pullback_of(weighted, (0,), 1)]
    asked += [grad(lambda x: x * x), grad(lambda x: x * x)]
    keys = [key_of(f, (x,)) for f in asked]
    keys += [key_of(grad(weighted), (arg,)) for arg in (1.0, np.ones(1), np.ones((2, 2)), np.float32(1), "a", {"a": x})]
    assert None not in keys and len(set(keys)) == len(keys)
    assert key_of(grad(weighted), (np.ones(7),)) == keys[0]


def test_what_is_not_kept() -> None:
    k = 2.0

    def closure(x: Any) -> Any:
        return k * x

    class Model:
        def loss(self, x: Any) -> Any:
            return x * x

    assert grad(closure)(1.0) == 2.0
    assert key_of(grad(closure), (1.0,)) is None
    assert grad(Model().loss)(1.0) == 2.0
    assert key_of(grad(Model().loss), (1.0,)) is None
    assert key_of(grad(weighted), (object(),)) is None
    assert cache.info().entries == 0


@pytest.mark.parametrize("value", [None, True, 1, -0.0, "π", (1, ("a",)), np.sum, np.sin, np, np.dtype("f4"), weighted])
def test_values_are_found_again(value: Any) -> None:
    found = decode(json.loads(json.dumps(encode(value))))
    assert found is value or (found == value and type(found) is type(value))


def test_values_that_differ_are_written_differently() -> None:
    assert encode(True) != encode(1) != encode(1.0)
    assert encode(0.0) != encode(-0.0)
    for value in (float("nan"), object(), np.ones(2), [1], lambda: 1):
        with pytest.raises(NotKept):
            encode(value)
    with pytest.raises(NotKept):
        signature_text({(1, 2): 1.0})
