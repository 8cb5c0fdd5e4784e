"""The lock: hashed, complete, without addresses; and the set-up that reads it."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement

from architecture.tree import ROOT, text

LOCK = text(ROOT / "requirements.lock")
DECLARED = tomllib.loads(text(ROOT / "pyproject.toml"))
PINNED = dict(re.findall(r"^([a-z0-9-]+)(?:\[[^]]*\])?==(\S+)", LOCK, re.MULTILINE))


def requirements():
    project = DECLARED["project"]
    extras = [line for name, lines in project["optional-dependencies"].items() if name != "all" for line in lines]
    return [Requirement(line) for line in project["dependencies"] + extras + DECLARED["dependency-groups"]["dev"]]


def test_every_pin_of_the_lock_has_a_hash():
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(blocks) == len(PINNED) > 50
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_lock_holds_no_address():
    assert "://" not in LOCK
    assert not re.search(r"^\s*-{1,2}(i|index|find|extra|trusted)", LOCK, re.MULTILINE)


@pytest.mark.parametrize("wanted", requirements(), ids=lambda wanted: wanted.name)
def test_the_lock_holds_what_the_package_declares(wanted):
    name = wanted.name.lower().replace("_", "-").replace(".", "-")
    assert name in PINNED, f"run `make lock`: {name} is declared and not locked"
    assert wanted.specifier.contains(PINNED[name], prereleases=True)


def test_the_extra_all_names_every_other_extra():
    extras = DECLARED["project"]["optional-dependencies"]
    named = {extra for line in extras["all"] for extra in Requirement(line).extras}
    assert named == set(extras) - {"all"}


@pytest.fixture
def bootstrap():
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "scripts" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_set_up_can_be_read_by_a_python_that_is_too_old_to_run_it():
    ast.parse(text(ROOT / "scripts" / "bootstrap.py"), feature_version=(3, 6))


def test_the_set_up_tells_a_python_that_is_too_old_what_to_do(bootstrap, capsys):
    assert bootstrap.main(version=(3, 10, 4)) == 2
    told = capsys.readouterr().err
    assert "3.11 or newer" in told
    assert "make PYTHON=" in told


def test_the_set_up_gives_pips_mirrors_to_uv_unless_uv_has_its_own(bootstrap, tmp_path):
    settings = tmp_path / "pip.conf"
    settings.write_text("[global]\nindex-url = https://mirror.example.com/simple\nfind-links = wheels\n")
    told = {"PIP_CONFIG_FILE": str(settings)}
    assert bootstrap.mirrored(dict(told), sys.executable)["UV_DEFAULT_INDEX"] == "https://mirror.example.com/simple"
    assert bootstrap.mirrored(dict(told), sys.executable)["UV_FIND_LINKS"] == "wheels"
    assert bootstrap.mirrored({**told, "UV_DEFAULT_INDEX": "ours"}, sys.executable)["UV_DEFAULT_INDEX"] == "ours"


@pytest.mark.parametrize(
    "target", ["demo", "test", "test-all", "check", "up", "bench", "docs", "prove", "lock", "setup", "format", "help"]
)
def test_the_makefile_has_the_target(target):
    told = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


def test_every_program_of_prove_and_bench_has_a_target_of_its_own():
    for folder in ("prove", "bench"):
        for path in (ROOT / folder).glob("[a-z]*.py"):
            target = f"{folder}-{path.stem}"
            told = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
            assert f"-m {folder}" in told.stdout, told.stderr
