"""Checking, formatting, comparing, importing and exporting files from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.commanding import HELLO, Shell, command

HEAVY = ("sqlalchemy", "alembic", "duckdb", "dbos", "pydantic_ai", "fastapi", "uvicorn", "httpx", "jinja2")
EARLIER = Path(__file__).parents[2] / "examples" / "earlier" / "ops_churn_prevention.json"
WRONG = """\
id: says_hello
name: Says hello
steps:
  - {id: a, type: tool_call, tool: crmGetStat}
  - {id: b, type: wait}
"""
UNTIDY = "name: Says hello\nid: says_hello\nsteps:\n- {id: w, type: wait, for: 60s}   # pause\n"
TIDY = "id: says_hello\nname: Says hello\nsteps:\n  - id: w  # pause\n    type: wait\n    for: 1m\n"


def test_a_right_file_is_valid(shell: Shell) -> None:
    answer = shell("validate", shell.write(HELLO, "hello.yaml"))
    assert answer.code == 0
    assert answer.out == "hello.yaml: says_hello is valid (2 steps)\n"


def test_every_problem_is_a_line_with_its_place_and_the_code_is_three(shell: Shell) -> None:
    answer = shell("validate", shell.write(HELLO, "good.yaml"), shell.write(WRONG, "wrong.yaml"))
    assert answer.code == 3
    lines = answer.out.splitlines()
    assert lines[0] == "good.yaml: says_hello is valid (2 steps)"
    assert lines[1] == "wrong.yaml:4:36: error: There is no tool `crmGetStat`. Did you mean crmGetStats?"
    assert lines[2].startswith("wrong.yaml:5:5: error: A wait has either")
    assert len(lines) == 3


def test_programs_get_one_object(shell: Shell) -> None:
    answer = shell("validate", "--json", shell.write(HELLO, "good.yaml"), shell.write(WRONG, "wrong.yaml"))
    assert answer.code == 3
    good, wrong = answer.json["items"]
    assert (good["valid"], good["id"], good["problems"]) == (True, "says_hello", [])
    assert wrong["valid"] is False
    assert {key: wrong["problems"][0][key] for key in ("code", "line", "column", "path", "file")} == {
        "code": "unknown_tool", "line": 4, "column": 36, "path": "steps/0/tool", "file": "wrong.yaml",
    }  # fmt: skip


def test_warnings_refuse_nothing_unless_asked_to(shell: Shell) -> None:
    name = shell.write("id: says_hello\nname: x\nsteps:\n  - {id: w, type: wait, for: 1s, when: 'false'}\n")
    assert shell("validate", name).code == 0
    assert "warning: This step never runs" in shell("validate", name).out
    assert shell("validate", "--strict", name).code == 3


@pytest.mark.parametrize("verb", ["validate", "fmt", "export", "import"])
def test_files_that_cannot_be_read_are_told_without_a_trace(shell: Shell, verb: str) -> None:
    (shell.folder / "latin.yaml").write_bytes(b"id: caf\xe9\n")
    (shell.folder / "huge.yaml").write_text("# x\n" * 1_000_000)
    latin, huge, missing, folder = (shell(verb, name) for name in ("latin.yaml", "huge.yaml", "missing.yaml", "."))
    assert (latin.code, huge.code, missing.code, folder.code) == (3, 3, 2, 2)
    assert "latin.yaml:1:8" in latin.out + latin.err
    assert "65,536 bytes" in huge.out + huge.err
    for answer in (latin, huge, missing, folder):
        assert "Traceback" not in answer.out + answer.err


def test_formatting_prints_checks_and_writes(shell: Shell) -> None:
    name = shell.write(UNTIDY)
    assert shell("fmt", name).out == TIDY
    assert (shell("fmt", "--check", name).code, shell("fmt", "--check", name).out) == (1, f"{name}: would change\n")
    assert (shell.folder / name).read_text() == UNTIDY
    (shell.folder / name).chmod(0o640)
    assert shell("fmt", "--write", name).code == 0
    assert (shell.folder / name).read_text() == TIDY
    assert (shell.folder / name).stat().st_mode & 0o777 == 0o640
    assert shell("fmt", "--check", name).code == 0
    assert [path.name for path in shell.folder.iterdir() if path.is_file()] == [name]


def test_nothing_is_written_when_one_file_is_refused(shell: Shell) -> None:
    names = shell.write(UNTIDY, "untidy.yaml"), shell.write("id: [", "broken.yaml")
    assert shell("fmt", "--write", *names).code == 3
    assert (shell.folder / "untidy.yaml").read_text() == UNTIDY
    assert shell("fmt", "--check", "--write", names[0]).code == 2
    assert shell("fmt", *names).code == 2


def test_two_files_are_compared_by_meaning(shell: Shell) -> None:
    old, new = shell.write(UNTIDY, "old.yaml"), shell.write(TIDY.replace("1m", "5m"), "new.yaml")
    assert shell("diff", old, new).out == '~ step w: for: "1m" \u2192 "5m"\n'
    (change,) = shell("diff", old, new, "--json").json["changes"]
    assert (change["what"], change["id"], change["before"], change["after"]) == ("step", "w", "1m", "5m")
    assert shell("diff", old, old).out == "The two playbooks mean the same.\n"
    assert shell("diff", old, shell.write(WRONG, "wrong.yaml")).code == 3


def test_an_earlier_document_is_imported_and_exported_again(shell: Shell) -> None:
    answer = shell("import", str(EARLIER), "--out", "churn.yaml")
    assert answer.code == 0
    assert answer.out == ""
    assert "ops_churn_prevention.json:12:21: warning: There is no time zone" in answer.err
    written = (shell.folder / "churn.yaml").read_text()
    assert "enabled: false\n" in written
    assert shell("validate", "churn.yaml").code == 0
    assert shell("export", "churn.yaml").out == written
    assert shell("import", "churn.yaml").out == written
    printed = shell("import", str(EARLIER), "--dialect", "A", "--json").json
    assert (printed["dialect"], printed["text"]) == ("a", written)
    assert "timezone_assumed" in {warning["code"] for warning in printed["warnings"]}
    assert shell("import", "churn.yaml", "--dialect", "z").code == 2


def test_json_that_is_exported_is_a_playbook_too(shell: Shell) -> None:
    name = shell.write(HELLO)
    document = json.loads(shell("export", name, "--format", "json").out)
    assert document["id"] == "says_hello"
    again = shell.write(json.dumps(document), "again.json")
    assert shell("diff", name, again).out == "The two playbooks mean the same.\n"


def test_the_schema_is_printed_or_written(shell: Shell) -> None:
    printed = shell("schema").out
    assert json.loads(printed)["title"] == "opsbook playbook"
    assert shell("schema", "--out", "schema.json").code == 0
    assert (shell.folder / "schema.json").read_text() == printed


def test_the_standard_input_is_a_file_too(shell: Shell) -> None:
    options = {"capture_output": True, "text": True, "timeout": 60, "check": False, "cwd": shell.folder}
    done = subprocess.run(command("fmt", "-"), input=UNTIDY, env=shell.environment(), **options)  # type: ignore[call-overload]
    assert (done.returncode, done.stdout) == (0, TIDY)


@pytest.mark.parametrize("verb", ["validate", "fmt", "diff", "import", "export", "schema"])
def test_no_verb_on_files_loads_what_is_heavy(shell: Shell, verb: str) -> None:
    words = {"schema": [], "diff": ["book.yaml", "book.yaml"]}.get(verb, ["book.yaml"])
    shell.write(HELLO, "book.yaml")
    code = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr))\n"
        f"from opsbook.cli.main import run\nrun({[verb, *words]!r})\n"
    )
    options = {"capture_output": True, "text": True, "timeout": 60, "check": False, "cwd": shell.folder}
    done = subprocess.run([sys.executable, "-c", code], env=shell.environment(), **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "[]"
