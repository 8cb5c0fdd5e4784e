"""The entry: quick help, and mistakes that are told in two lines by the process itself."""

from __future__ import annotations

import subprocess
import time
from statistics import median

import pytest

from cli.commanding import Shell, command

BOUND_SECONDS = 0.9  # three times what is promised: this machine may be busy with other tests
HEAVY = ("dbos", "fastapi", "sqlalchemy", "duckdb", "pydantic", "httpx", "uvicorn", "ruamel")


def test_help_names_the_verbs_and_loads_none_of_the_heavy_libraries(shell: Shell):
    code = (
        "import sys; from opsbook.cli.main import command\n"
        "try: command().main(['--help'], standalone_mode=False)\n"
        "finally: print('LOADED', *sorted(sys.modules))"
    )
    options = {"capture_output": True, "text": True, "check": True}
    done = subprocess.run([command()[0], "-c", code], env=shell.environment(), **options)
    told, loaded = done.stdout.split("LOADED")
    for verb in ("up", "run", "dry-run", "runs", "list", "show", "publish", "seed", "schedule", "probe", "doctor"):
        assert f"\n  {verb} " in told, verb
    assert not set(HEAVY) & set(loaded.split())


def test_help_is_there_at_once(shell: Shell):
    took = []
    for _ in range(3):
        began = time.perf_counter()
        assert shell.process("--help").code == 0
        took.append(time.perf_counter() - began)
    assert median(took) < BOUND_SECONDS


def test_every_verb_has_help_that_says_what_it_is_for(shell: Shell):
    for verb in ("up", "run", "dry-run", "runs", "list", "show", "publish", "seed", "schedule", "probe", "doctor"):
        answer = shell(verb, "--help")
        assert answer.code == 0
        assert len(answer.out.splitlines()) > 4, verb


def test_the_process_tells_a_mistake_in_two_lines_and_exits_with_its_code(shell: Shell):
    answer = shell.process("run", "nobody_knows_it")
    assert answer.code == 8
    assert answer.out == ""
    assert answer.err.splitlines() == [
        "There is no playbook nobody_knows_it.",
        "`opsbook list` shows those there are.",
    ]


def test_a_setting_that_is_refused_is_told_in_two_lines(shell: Shell):
    answer = shell.process("list", env={"CRON_SECRET": "short"})
    assert answer.code == 2
    assert 1 <= len(answer.err.splitlines()) <= 2
    assert "cron_secret" in answer.err
    assert "short" not in answer.err


def test_a_home_that_is_a_file_is_told_in_two_lines(shell: Shell):
    (shell.folder / "home").write_text("not a folder")
    answer = shell("list")
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 2
    assert "OPSBOOK_HOME" in answer.err


def test_a_store_that_is_no_database_is_told_and_left_alone(shell: Shell):
    (shell.folder / "home").mkdir()
    file = shell.folder / "home" / "opsbook.db"
    file.write_bytes(b"this is no database, and it is longer than a page header " * 20)
    before = file.read_bytes()
    answer = shell("list")
    assert answer.code == 1
    assert "Traceback" not in answer.err
    assert "no database" in answer.err
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "words", [(), ("runs",), ("schedule",), ("threads",), ("alerts",), ("campaigns",), ("approvals",)], ids=" ".join
)
def test_no_line_of_the_list_of_verbs_is_cut(shell: Shell, words: tuple[str, ...]):
    lines = shell(*words, "--help").out.splitlines()
    assert [line for line in lines if line.startswith("  ") and line.endswith("...")] == []
