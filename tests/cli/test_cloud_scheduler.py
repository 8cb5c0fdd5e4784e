"""`cloud-scheduler plan` and `apply` as a person uses them, and settings whose secrets are kept in Secret Manager."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.commanding import HELLO, Answer, Shell
from cli.serving import DOOR, server
from peers.google_cloud import LOCATION, PROJECT, TOKEN, GoogleCloud, google_cloud

__all__ = ["google_cloud"]

VERB = "cloud-scheduler"
SECRET = "the-secret-of-the-door-7Qm2xv9Lr4"


def configured(shell: Shell, cloud: GoogleCloud, top: str = f'cron_secret = "{SECRET}"', more: str = "") -> None:
    google = f'project = "{PROJECT}"\naccess_token = "{TOKEN}"\nbase_url = "{cloud.url}"\n'
    (shell.folder / "opsbook.toml").write_text(
        f'{top}\npublic_url = "https://ops.example.com/"\nallow_loopback = true\n'
        f'[integrations.cloud_scheduler]\nlocation = "{LOCATION}"\n{google}'
        f"[integrations.secret_manager]\n{google}{more}"
    )


def plan(shell: Shell, *words: str) -> Answer:
    answer = shell(VERB, *(words or ("plan", "--json")))
    assert answer.code == 0, answer.out + answer.err
    assert SECRET not in answer.out + answer.err
    return answer


def test_the_suites_four_jobs_are_planned_applied_and_then_left(shell: Shell, google_cloud: GoogleCloud):
    configured(shell, google_cloud)
    assert shell("seed").code == 0
    items = plan(shell).json["items"]
    assert [(item["id"], item["action"]) for item in items] == [
        ("ops-churn-prevention", "create"),
        ("ops-daily-health-check", "create"),
        ("ops-integration-monitor", "create"),
        ("ops-weekly-growth-review", "create"),
    ]
    assert google_cloud.jobs == {}
    assert all(item["done"] for item in plan(shell, "apply", "--json").json["items"])
    kept = {
        key: (job["schedule"], job["timeZone"], job["attemptDeadline"], job["httpTarget"]["uri"])
        for key, job in google_cloud.jobs.items()
    }
    door = f"https://ops.example.com{DOOR}?playbookId="
    assert kept == {
        "ops-churn-prevention": ("0 10 * * *", "America/New_York", "960s", f"{door}ops_churn_prevention"),
        "ops-daily-health-check": ("0 9 * * 1-5", "America/New_York", "660s", f"{door}ops_daily_health_check"),
        "ops-integration-monitor": ("0 * * * *", "Etc/UTC", "660s", f"{door}ops_integration_monitor"),
        "ops-weekly-growth-review": ("0 8 * * 1", "America/New_York", "960s", f"{door}ops_weekly_growth_review"),
    }
    headers = [job["httpTarget"]["headers"]["Authorization"] for job in google_cloud.jobs.values()]
    assert set(headers) == {f"Bearer {SECRET}"}
    again = plan(shell, "apply")
    assert "Nothing to change." in again.out
    assert len(google_cloud.written()) == 4


def test_a_person_sees_what_differs_and_what_stands_still(shell: Shell, google_cloud: GoogleCloud):
    configured(shell, google_cloud)
    shell.publish(HELLO)
    created = plan(shell, "plan").out
    assert "says-hello" in created
    assert "30 1 * * * America/New_York" in created
    assert "1 to change" in created
    plan(shell, "apply")
    google_cloud.jobs["says-hello"].update(schedule="0 5 * * *", state="PAUSED")
    google_cloud.jobs["says-hello"]["httpTarget"]["headers"]["Authorization"] = f"Bearer {SECRET}-old"
    shown = plan(shell, "plan")
    assert "0 5 * * *" in shown.out
    assert "another value" in shown.out
    assert "says-hello is paused" in shown.err
    assert "1 changed." in plan(shell, "apply").out
    assert shell("disable", "says_hello").code == 0
    left = plan(shell, "plan")
    assert "no enabled playbook asks for it" in left.err
    assert plan(shell).json["items"][0]["action"] == "left_over"


def test_a_probe_says_which_jobs_differ_and_doctor_how_many_are_wanted(shell: Shell, google_cloud: GoogleCloud):
    configured(shell, google_cloud)
    shell.publish(HELLO)
    found = {item["check"]: item for item in shell("doctor", "--json").json["items"]}
    assert found["scheduler's jobs"]["found"] == "1 are wanted"
    assert google_cloud.requests == []
    assert shell("probe", "cloud_scheduler", "--json").json["items"][0]["drift"] == {"jobs": ["says-hello"]}
    plan(shell, "apply")
    assert "Its jobs stand." in " ".join(shell("probe").out.split())
    google_cloud.jobs["says-hello"]["state"] = "DISABLED"
    assert "Not as asked for: says-hello." in " ".join(shell("probe").out.split())


def test_drift_is_unknown_where_it_cannot_be_told(shell: Shell, google_cloud: GoogleCloud):
    configured(shell, google_cloud, "")
    drift = shell("probe", "cloud_scheduler", "--json").json["items"][0]["drift"]
    assert drift["jobs"]["status"] == "unknown"
    assert "CRON_SECRET" in drift["jobs"]["reason"]
    found = {item["check"]: item for item in shell("doctor", "--json").json["items"]}
    assert "CRON_SECRET" in found["scheduler's jobs"]["cure"]


def test_a_second_schedule_a_half_hour_zone_and_a_cron_that_only_we_read(shell: Shell, google_cloud: GoogleCloud):
    configured(shell, google_cloud)
    line = '  - schedule: {cron: "%s", timezone: Asia/Kolkata}\n'
    triggers = "".join(line % cron for cron in ("30 * * * *", "0 9 * * MON-FRI", "0 9 L * *"))
    begin, end = HELLO.index("  - schedule"), HELLO.index("steps:")
    shell.publish(HELLO[:begin] + triggers + HELLO[end:])
    answer = plan(shell)
    assert "says_hello gets no job: Cloud Scheduler does not read '0 9 L * *'." in answer.err
    plan(shell, "apply")
    assert {key: (job["schedule"], job["timeZone"]) for key, job in google_cloud.jobs.items()} == {
        "says-hello": ("30 * * * *", "Asia/Kolkata"),
        "says-hello_2": ("0 9 * * MON-FRI", "Asia/Kolkata"),
    }
    assert {job["attemptDeadline"] for job in google_cloud.jobs.values()} == {"1800s"}  # the timeout alone is 30 min


def test_a_job_that_is_refused_is_named_those_before_it_stand_and_the_next_time_goes_on(
    shell: Shell, google_cloud: GoogleCloud
):
    configured(shell, google_cloud)
    shell.publish(HELLO, HELLO.replace("says_hello", "says_more"))
    google_cloud.refused = "says-more"
    answer = shell(VERB, "apply")
    assert (answer.code, "the job says-more (INVALID_ARGUMENT)" in answer.err) == (2, True), answer.err
    assert set(google_cloud.jobs) == {"says-hello"}
    google_cloud.refused = ""
    assert [item["action"] for item in plan(shell, "apply", "--json").json["items"]] == ["none", "create"]


def test_settings_of_any_depth_are_refused_or_kept_and_never_a_stack_trace(shell: Shell):
    (shell.folder / "opsbook.toml").write_text("integrations.x." + ".".join(["a"] * 3000) + " = 'sm://DEEP'")
    answer = shell("list")
    assert (answer.code, len(answer.err.strip().splitlines())) == (2, 2)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (f'cron_secret = "{SECRET}"', 2, "OPSBOOK_PUBLIC_URL"),
        (f'cron_secret = "{SECRET}"\npublic_url = "http://ops.example.com"', 2, "https"),
        ('public_url = "https://ops.example.com"', 2, "CRON_SECRET"),
    ],
)
def test_without_an_address_or_a_secret_nothing_is_asked(shell: Shell, google_cloud: GoogleCloud, text, code, words):
    configured(shell, google_cloud)
    config = shell.folder / "opsbook.toml"
    config.write_text(text + "\n" + config.read_text().partition('ops.example.com/"\n')[2])
    for verb in ("plan", "apply"):
        answer = shell(VERB, verb)
        assert (answer.code, words in answer.err) == (code, True), answer.err
        assert SECRET not in answer.err
    assert google_cloud.requests == []


def test_a_scheduler_that_is_not_configured_names_what_is_missing(shell: Shell):
    answer = shell(VERB, "plan", "--json")
    assert answer.json["error"]["code"] == "not_configured"
    assert "SCHEDULER_LOCATION" in answer.json["error"]["message"]


def test_secrets_behind_references_open_the_door_of_a_real_server(shell: Shell, google_cloud: GoogleCloud):
    google_cloud.secrets = {"CRON": [b"the-secret-of-yesterday", f"{SECRET}\n".encode()]}
    configured(shell, google_cloud, 'cron_secret_previous = "sm://CRON@previous"')
    shell.publish(HELLO)
    with server(shell, env={"CRON_SECRET": "sm://CRON", "OPSBOOK_API_TOKEN": "sm://CRON@1"}) as (_, client):
        params = {"playbookId": "says_hello"}
        codes = {
            given: client.post(DOOR, params=params, headers={"Authorization": f"Bearer {given}"}).status_code
            for given in (SECRET, "the-secret-of-yesterday", "sm://CRON", "another-secret-of-16")
        }
    assert codes == {SECRET: 200, "the-secret-of-yesterday": 200, "sm://CRON": 401, "another-secret-of-16": 401}


def test_a_line_break_is_told_a_probe_reads_what_is_in_use_and_doctor_finds_the_secret(
    shell: Shell, google_cloud: GoogleCloud, monkeypatch: pytest.MonkeyPatch
):
    google_cloud.secrets = {"CRON": [f"{SECRET}\n".encode()]}
    configured(shell, google_cloud, 'cron_secret = "sm://UNUSED"')
    monkeypatch.setenv("CRON_SECRET", "sm://CRON")
    probed = shell("probe", "secret_manager", "--json")
    assert probed.json["items"][0]["status"] == "online"
    assert probed.err == "The secret behind CRON_SECRET ends with a line break; it was left out.\n"
    found = shell("doctor", "--json")
    assert {item["check"]: item["found"] for item in found.json["items"]}["CRON_SECRET"] == "present"
    assert SECRET not in probed.out + found.out + found.err
    assert {one.path.rpartition("/secrets/")[2] for one in google_cloud.requests} == {"CRON/versions/latest:access"}


def test_a_reference_that_cannot_be_fetched_stops_the_command_and_leaves_others_alone(
    shell: Shell, google_cloud: GoogleCloud, tmp_path: Path
):
    configured(shell, google_cloud, 'cron_secret = "sm://GONE"')
    answer = shell("list")
    assert (answer.code, "The setting cron_secret could not be fetched." in answer.err) == (2, True), answer.err
    assert not (tmp_path / "home").exists()
    asked = len(google_cloud.requests)
    assert shell("validate", shell.write(HELLO)).code == 0  # needs no secret, so none is fetched
    assert len(google_cloud.requests) == asked


def test_without_a_reference_secret_manager_is_never_asked(shell: Shell, google_cloud: GoogleCloud):
    configured(shell, google_cloud)
    assert shell("list").code == 0
    assert google_cloud.requests == []
