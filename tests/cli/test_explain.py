"""`explain metric`: what a figure rests on, for people and for programs."""

from __future__ import annotations

import pytest

from cli.commanding import Shell

USERS = """\
id,email,role,created_at,is_test
1,ann@inbox.example,customer,2026-11-20T10:00Z,
2,bob@inbox.example,brand,2026-11-21T10:00Z,
3,tess@inbox.example,brand,2026-11-21T10:00Z,true
4,old@inbox.example,brand,2026-10-21T10:00Z,
"""
LEADS = """\
id,email,source,captured_at
1,ann@inbox.example,academy,2026-11-19T10:00Z
2,cy@inbox.example,academy,2026-11-19T10:00Z
"""
AT = "2026-11-24T09:00-05:00"


@pytest.fixture
def loaded(shell: Shell) -> Shell:
    for table, text in (("users", USERS), ("leads", LEADS)):
        answer = shell("load", table, shell.write(text, f"{table}.csv"))
        assert answer.code == 0, answer.err
    return shell


def test_a_metric_is_explained_with_its_definition_its_rows_and_what_was_left_out(loaded: Shell) -> None:
    answer = loaded("explain", "metric", "signups", "--at", AT)
    assert answer.code == 0, answer.err
    for said in (
        "no test accounts, no invented addresses",
        "2, resting on 2 people",
        "FROM accounts_behind()",
        "$end = 2026-11-24 09:00:00-05:00",
        "2 counted, 2 left out",
        "as the figure says",
        "a test account",
        "before the window",
    ):
        assert said in answer.out, said
    assert "ann@inbox.example" not in answer.out


def test_what_may_not_be_judged_is_shown_with_the_reason(loaded: Shell) -> None:
    told = loaded("explain", "metric", "signup_conversion", "--at", AT, "--json").json
    assert (told["figure"]["value"], told["figure"]["observed"]) == (None, 0.666667)
    assert told["figure"]["reason"] == "measured on 3 people, at least 20 are needed"
    assert told["contract"]["minimum_n"] == 20
    assert (told["counted"], told["agrees"], told["recomputed"]) == (3, True, 0.666667)
    out = loaded("explain", "metric", "signup_conversion", "--at", AT).out
    assert "unknown (seen: 0.666667): measured on 3 people" in out


def test_the_settings_change_what_is_asked_of_a_metric(loaded: Shell) -> None:
    loaded.write("[metrics.signup_conversion]\nminimum_n = 3\n", "opsbook.toml")
    told = loaded("explain", "metric", "signup_conversion", "--at", AT, "--json").json
    assert (told["figure"]["value"], told["contract"]["minimum_n"]) == (0.666667, 3)
    loaded.write("[metrics.signup_conversoin]\nminimum_n = 3\n", "opsbook.toml")
    refused = loaded("explain", "metric", "signups")
    assert (refused.code, "did you mean signup_conversion" in refused.err) == (2, True)
    loaded.write('[metrics.signups]\nfresh_within = "soon"\n', "opsbook.toml")
    refused = loaded("explain", "metric", "signups")
    assert (refused.code, "metrics.signups.fresh_within" in refused.err) == (2, True)


def test_days_and_a_limit_are_honoured(loaded: Shell) -> None:
    told = loaded("explain", "metric", "signups", "--at", AT, "--days", "60", "--limit", "1", "--json").json
    assert (told["figure"]["value"], told["counted"], len(told["rows"])) == (3, 3, 1)


def test_without_its_tables_a_figure_is_explained_as_unknown(shell: Shell) -> None:
    answer = shell("explain", "metric", "churn_rate", "--at", AT)
    assert answer.code == 0, answer.err
    assert "There are no rows to show: subscriptions were never loaded." in answer.out


@pytest.mark.parametrize(
    ("words", "code", "cure"),
    [
        (("churn_rat",), 8, "Did you mean churn_rate?"),
        (("signups", "--at", "yesterday"), 2, "with its zone"),
        (("signups", "--at", "2026-11-24T09:00"), 2, "with its zone"),
        (("mrr", "--at", AT, "--days", "3"), 2, "Leave --days out."),
        (("signups", "--timezone", "EST"), 2, "America/New_York"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_with_a_cure(
    shell: Shell, words: tuple[str, ...], code: int, cure: str
) -> None:
    answer = shell("explain", "metric", *words)
    assert (answer.code, cure in answer.err) == (code, True), answer.err
