"""`opsbook load`: what it prints, where the quarantine is, and how it exits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from opsbook.cli.main import run


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("OPSBOOK_HOME", str(tmp_path / "home"))

    def say(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            run(["load", *words])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return say


@pytest.fixture
def accounts(tmp_path: Path) -> str:
    path = tmp_path / "accounts.csv"
    path.write_text("account,company,since,extra\n1,Ann,2026-01-01,x\n2,,2026-01-01,x\n3,Cy,soon,x\n")
    return str(path)


MAP = ("--map", "id=account", "--map", "name=company", "--map", "created_at=since")


def test_it_counts_names_and_says_where_the_rest_is(said, accounts: str) -> None:
    code, out, _ = said("organizations", accounts, *MAP)
    assert code == 0
    assert "organizations: 1 of 3 rows loaded, 2 rejected. Rows now: 1." in out
    assert "accounts.csv, row 3: name is empty" in out
    assert "accounts.csv, row 4: created_at is not a time" in out
    assert "Not used: extra." in out
    (path,) = [line.split(": ", 1)[1] for line in out.splitlines() if line.startswith("Every one of them")]
    assert len(Path(path).read_text().splitlines()) == 2
    assert "nothing to do" in said("organizations", accounts, *MAP)[1]


def test_programs_get_one_object(said, accounts: str) -> None:
    code, out, _ = said("organizations", accounts, *MAP, "--json")
    found = json.loads(out)
    assert (code, found["loaded"], found["rejected"]) == (0, 1, 2)
    assert found["first"][0] == {"file": "accounts.csv", "row": 3, "reason": "name is empty"}


def test_a_load_of_which_nothing_could_be_kept_fails(said, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("id,name,created_at\n1,Ann,never\n")
    code, out, _ = said("organizations", str(path), "--json")
    assert (code, json.loads(out)["loaded"]) == (1, 0)


def test_a_mistake_is_told_in_two_lines(said, accounts: str, tmp_path: Path) -> None:
    code, out, err = said("organizations", accounts)
    assert (code, out) == (2, "")
    assert "accounts.csv has no column id" in err
    assert "Its columns: account, company, since, extra." in err
    assert "Traceback" not in err
    assert said("organisations", accounts)[0] == 2
    assert said("organizations", accounts, "--map", "nonsense")[0] == 2
    assert not (tmp_path / "home" / "warehouse" / "manifest.json").exists()


def test_replace_drops_what_was_there(said, accounts: str, tmp_path: Path) -> None:
    said("organizations", accounts, *MAP)
    other = tmp_path / "other.csv"
    other.write_text("id,name,created_at\n7,Bo,2026-01-01\n")
    assert json.loads(said("organizations", str(other), "--json")[1])["total"] == 2
    assert json.loads(said("organizations", str(other), "--replace", "--json")[1])["total"] == 1
