"""The rules of the house, executed."""

import ast
import importlib
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("analysis", "labeling", "sampling", "server", "storage")


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in tracked():
        try:
            found.append((path, path.read_text("utf-8")))
        except UnicodeDecodeError:
            continue
    return found


@pytest.mark.parametrize("room", ["analysis", "sampling", "storage"])
def test_a_room_offers_what_it_lists(room):
    module = importlib.import_module(room)
    assert module.__all__
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_no_address_of_a_package_registry_is_kept():
    pattern = re.compile(
        r"--(extra-)?index-url|files\.pythonhosted|pypi\.org/(simple|packages)|registry\.npmjs"
    )
    here = Path(__file__)
    assert [path for path, text in texts() if path != here and pattern.search(text)] == []


def test_requirements_are_pinned_by_hash():
    for name in ("run", "dev", "inspect"):
        pins = (ROOT / "requirements" / f"{name}.txt").read_text()
        assert re.findall(r"^[a-z0-9._-]+(?:\[[a-z,]+\])?==", pins, re.M)
        assert "://" not in pins


def test_no_machine_path_is_kept():
    pattern = re.compile(r"(?<![\w.])/(home|root|Users|work)/[a-z]\w*/")
    here = Path(__file__)
    assert [path for path, text in texts() if path != here and pattern.search(text)] == []


def test_the_wheel_carries_the_rooms_and_nothing_else(tmp_path):

    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(ROOMS)
    for needed in (
        "labeling/shipped_guidelines/response-quality/fields.toml",
        "labeling/ui/static/label.js",
        "server/demo/interactions.jsonl",
        "storage/migrations/versions/0001_first.py",
        "storage/migrations/env.py",
        *(f"{room}/py.typed" for room in ROOMS),
    ):
        assert needed in names


def test_every_dependency_is_justified():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    decided = (ROOT / "docs/decisions/0006-dependencies.md").read_text()
    listed = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.split(r"[\[><=;]", one)[0] for one in listed} - {"hatchling", "coverage"}
    names = {name.removeprefix("pytest-").removesuffix("-playwright-python") for name in names}
    assert [name for name in sorted(names) if name.lower() not in decided.lower()] == []


def test_no_code_looks_at_the_clock_or_the_disk_in_the_pure_rooms():
    banned = {"open", "input", "print", "eval", "exec"}
    for room in ("analysis", "sampling"):
        for path in (ROOT / room).rglob("*.py"):
            calls = [
                node.func.id
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            ]
            assert not banned.intersection(calls), path


def test_the_command_line_starts_quickly():
    code = "import sys, server.cli; print(sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    heavy = ("gradio", "pandas", "numpy", "scipy", "sqlalchemy", "fastapi", "pydantic", "pyarrow")
    assert [name for name in heavy if f"'{name}'" in loaded] == []


def test_make_runs_every_script_of_the_bench():
    scripts = {
        path.stem for path in (ROOT / "bench").glob("*.py") if "__main__" in path.read_text()
    }
    rules = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"bench/(\w+)\.py", rules))
    named |= set(re.search(r"for script in ([\w ]+);", rules)[1].split())
    assert named == scripts
