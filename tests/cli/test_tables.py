"""What people read of runs: ids stay whole in a narrow terminal, what is empty throughout takes no room."""

from __future__ import annotations

import pytest

from cli.commanding import HELLO, Shell


@pytest.fixture
def run_id(shell: Shell) -> str:
    shell.publish(HELLO)
    return str(shell("run", "says_hello", "--json").json["id"])


@pytest.mark.parametrize("columns", ["80", "200"])
def test_an_id_is_whole_and_no_line_is_longer_than_the_terminal(shell: Shell, run_id: str, columns: str) -> None:
    for words in (("runs", "list"), ("runs", "show", run_id)):
        answer = shell.process(*words, env={"COLUMNS": columns})
        assert run_id in answer.out.replace("\n", " ").split()
        assert max(len(line) for line in answer.out.splitlines()) <= int(columns)


def test_a_column_without_anything_in_it_is_left_out(shell: Shell, run_id: str) -> None:
    answer = shell.process("runs", "list", env={"COLUMNS": "200"})
    assert "trigger" in answer.out
    assert "reason" not in answer.out
