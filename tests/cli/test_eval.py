"""`opsbook eval`: one expression, or a file of them, each line for itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

OPSBOOK = Path(sys.executable).parent / "opsbook"


def opsbook(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([OPSBOOK, "eval", *words], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def context(tmp_path: Path) -> str:
    path = tmp_path / "context.json"
    path.write_text(json.dumps({"a": [1, 2], "lost": {"value": None, "status": "unknown", "reason": "no key"}}))
    return str(path)


def test_an_expression_is_evaluated_over_a_file(context: str) -> None:
    done = opsbook("a.length > 0", "--context", context)
    assert (done.returncode, done.stdout) == (0, "true\n")


def test_json_prints_one_object(context: str) -> None:
    assert json.loads(opsbook("a.map(x => x * 2)", "--context", context, "--json").stdout) == {"value": [2, 4]}
    assert json.loads(opsbook("lost + 1", "--context", context, "--json").stdout)["value"]["reason"] == "no key"


def test_a_refusal_ends_with_three_and_shows_the_place(context: str) -> None:
    done = opsbook("b.length", "--context", context)
    assert done.returncode == 3
    assert "There is no b here." in done.stderr
    assert "    b.length\n    ^" in done.stderr
    assert "Traceback" not in done.stderr


def test_half_of_a_character_is_printed_as_a_question_mark(context: str) -> None:
    assert opsbook("'\\ud83d'").stdout == "?\n"
    assert opsbook("'\\ud83d' + 1", "--json").returncode == 3


def test_a_file_that_is_not_there_or_is_no_json_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_bytes(b"\xff{")
    for path in (tmp_path / "none.json", broken, tmp_path):
        done = opsbook("1", "--context", str(path))
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
    assert opsbook().returncode == 2


HOSTILE: list[tuple[bytes, str]] = [
    (b"not json", "invalid_input"),
    (b"\xff\xfe", "invalid_input"),
    (b"[1, 2]", "invalid_input"),
    (b"{}", "invalid_input"),
    (b'{"expr": 1}', "invalid_input"),
    (b'{"expr": "1", "context": []}', "invalid_input"),
    (b'{"expr": "x", "context": {"x": NaN}}', "invalid_input"),
    (b'{"expr": "x", "context": {"x": 1e999}}', "invalid_input"),
    (b'{"expr": "x", "context": {"x": ' + b"9" * 5_000 + b"}}", "invalid_input"),
    (b'{"expr": "x", "context": ' + b'{"x":' * 100_000 + b"1" + b"}" * 100_000 + b"}", "invalid_input"),
    (b'{"expr": "' + b"[" * 4_000 + b'"}', "too_deep"),
    (b'{"expr": "' + b"1+" * 50_000 + b'1"}', "too_long"),
    (b'{"expr": "\'x\'.repeat(1e9)"}', "too_much_memory"),
    (b'{"expr": "x.map(a => x.map(b => 1))", "context": {"x": [' + b"1," * 2_000 + b"1]}}", "too_much_work"),
    (b'{"expr": "x + 1", "context": {"x": 1' + b"0" * 400 + b"}}", "misfit"),
    (b'{"expr": "__import__"}', "unknown_name"),
]


def test_a_batch_answers_every_line_and_ends_well(tmp_path: Path) -> None:
    good: list[tuple[str, Any]] = [("1 + 1", 2), ("'\\ud83d'", "\ud83d"), ("x ?? null", None), ("[unknown].length", 1)]
    path = tmp_path / "batch.jsonl"
    lines = [line for line, _ in HOSTILE] + [json.dumps({"expr": source, "context": {}}).encode() for source, _ in good]
    path.write_bytes(b"\n".join([*lines, b"", b""]))
    done = opsbook("--batch", str(path))
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["error"]["code"] for answer in answers[: len(HOSTILE)]] == [code for _, code in HOSTILE]
    assert [answer["value"] for answer in answers[len(HOSTILE) :]] == [value for _, value in good]


def test_a_line_that_is_too_long_costs_that_line_alone(tmp_path: Path) -> None:
    batch = tmp_path / "batch.jsonl"
    batch.write_bytes(b'{"expr": "1"}\n' + b"x" * (40 << 20) + b'\n\n{"expr": "2"}')
    answers = [json.loads(line) for line in opsbook("--batch", str(batch)).stdout.splitlines()]
    assert [answer.get("value") for answer in answers] == [1, None, 2]
    assert "larger than 16 MB" in answers[1]["error"]["message"]
