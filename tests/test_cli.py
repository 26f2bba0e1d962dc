"""The command line, as a user calls it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

MODEL = """\
import numpy as np

print("loading")

def cubic(x: float):
    return x ** 3 + 5 * x

def loss(W, b, X):
    return np.sum(np.tanh(X @ W + b) ** 2)

def wrong(x):
    return np.floor(x) + np.abs(x - 1.0)

def refused(x):
    return eval("x * x")

class Net:
    def loss(self, x):
        return x * x
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cli")
    (path / "model.py").write_text(MODEL)
    return path


def run(folder: Path, *args: str, code: int = 0) -> str:
    """The standard output of a command, or its error output if it is to fail."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "COLUMNS": "120"}
    done = subprocess.run(
        [sys.executable, "-m", "s2sgrad", *args],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stdout + done.stderr


def test_times(folder: Path) -> None:
    table = run(folder, "times", "model.py:loss", "--call", "loss(np.ones((3, 2)), np.ones(2), np.ones((4, 3)))")
    rows = {cells[1].strip(): cells[2:-1] for line in table.splitlines() if len(cells := re.split("[│┃|]", line)) > 4}
    for stage in ("loading the compiler", "source", "frontend", "rules", "cse", "emission", "together"):
        assert float(rows[stage][1]) > 0, table
    assert float(rows["together"][1]) >= float(rows["loading the compiler"][1]) + float(rows["frontend"][1])
    assert float(rows["source"][1]) > float(rows["source"][2])  # it has been read already


def test_show(folder: Path) -> None:
    assert run(folder, "show", "model.py:cubic") == "def grad_cubic(x):\n    return 3.0 * x ** 2 + 5.0\n"
    assert run(folder, "show", "model:cubic") == run(folder, "show", "model.py:cubic")


def test_show_with_a_signature(folder: Path) -> None:
    text = run(folder, "show", "model.py:loss", "--wrt", "W,b", "--sig", "W: f8[:,:], b: f8[:], X: f8[:,:]")
    assert "def grad_loss(W, b, X):" in text and "return W_bar, b_bar" in text


def test_show_with_a_call(folder: Path) -> None:
    call = "loss(np.ones((2, 3)), b=np.zeros(3), X=np.ones((4, 2)))"
    assert "X.T @" in run(folder, "show", "model.py:loss", "--call", call)


@pytest.mark.parametrize("stage", ["ast", "ir", "tangent", "adjoint", "optimized", "python"])
def test_stages(folder: Path, stage: str) -> None:
    text = run(folder, "show", "model.py:cubic", "--stage", stage)
    start = {"ast": "FunctionDef(", "ir": "func cubic(", "tangent": "func jvp_cubic(", "python": "def grad_cubic("}
    assert text.startswith(start.get(stage, "func grad_cubic("))


def test_forward_mode(folder: Path) -> None:
    assert run(folder, "show", "model.py:cubic", "--mode", "forward").startswith("def jvp_cubic(x, x_dot):")


def test_output_is_the_same_in_every_process(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = set()
    for seed in ("0", "1"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        texts.add(run(folder, "show", "model.py:loss", "--sig", "W: f8[:,:], b: f8[:], X: f8[:,:]"))
    assert len(texts) == 1


def test_check(folder: Path) -> None:
    text = run(folder, "check", "model.py:cubic", "--call", "cubic(2.0)")
    assert "agrees" in text and "differs" not in text
    assert "differs" in run(folder, "check", "model.py:wrong", "--call", "wrong(1.0)", code=1)


def test_export(folder: Path) -> None:
    call = "loss(np.ones((2, 3)), np.zeros(3), np.ones((4, 2)))"
    run(folder, "export", "model.py:loss", "--call", call, "-o", "grad_loss.py")
    assert "s2sgrad" not in (folder / "grad_loss.py").read_text()
    code = "import numpy as np, grad_loss as g; print(g.grad_loss(np.ones((2, 3)), np.zeros(3), np.ones((4, 2))).shape)"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    if "No module named 'numpy'" in done.stderr:
        done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.stdout == "(2, 3)\n", done.stderr


def test_rules(folder: Path) -> None:
    text = run(folder, "rules", "tanh")
    assert "tanh" in text and "partials" in text
    rows = json.loads(run(folder, "rules", "--json"))
    assert {"function", "modes", "rule", "where"} == set(rows[0])


def test_cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S2SGRAD_CACHE_DIR", str(folder / "cache"))
    assert str(folder / "cache") in run(folder, "cache", "info")
    assert run(folder, "cache", "clear").startswith("removed ")


def test_help(folder: Path) -> None:
    assert "Exit codes" in run(folder, "--help")
    for command in ("show", "check", "export", "rules"):
        assert "Example" in run(folder, command, "--help")
    assert run(folder, "--version").startswith("s2sgrad ")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("show", "model.py"), "names no function"),
        (("show", "nowhere.py:f"), "there is no file nowhere.py"),
        (("show", "nowhere:f"), "there is no module `nowhere`"),
        (("show", "model.py:g"), "there is no `g` in model.py"),
        (("show", "model.py:np"), "is not a function"),
        (("show", "model.py:cubic", "--wrt", "z"), "`cubic` has no parameter `z`"),
        (("show", "model.py:cubic", "--sig", "x: f7"), "`f7` is not a dtype"),
        (("show", "model.py:cubic", "--sig", "x f8"), "is not a parameter with its type"),
        (("show", "model.py:cubic", "--sig", "x: f8[3]"), "are not all `:` or 1"),
        (("show", "model.py:cubic", "--sig", "y: f8"), "`cubic` has no parameter `y`"),
        (("show", "model.py:cubic", "--call", "cubic"), "is not a call"),
        (("show", "model.py:cubic", "--call", "cubic(zz)"), "cannot be evaluated: NameError"),
        (("show", "model.py:refused"), "eval"),
    ],
)
def test_refusals(folder: Path, args: tuple[str, ...], message: str) -> None:
    text = run(folder, *args, code=3)
    assert "error[S2S" in text and message in text and "Traceback" not in text


def test_wrong_usage(folder: Path) -> None:
    run(folder, "show", code=2)
    run(folder, "show", "model.py:cubic", "--stage", "nonsense", code=2)


def test_without_its_extra(folder: Path) -> None:
    code = "import sys; sys.modules['typer'] = None; import runpy; runpy.run_module('s2sgrad', run_name='__main__')"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == "the s2sgrad command needs two more packages: pip install s2sgrad[cli]"
