"""Systems of a deployment's own: which there are, what is refused, and what each answer says of them."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.samples import CANARY
from opsbook.integrations.catalog import families, ids, systems
from opsbook.integrations.configuration import configure
from opsbook.integrations.references import Fetched, wanted_by_environment, wanted_by_file
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.http import Answer, HttpClient
from opsbook.sdk.integration import ErrorClass, Integration, Observation, Status
from opsbook.sdk.references import Reference
from opsbook.sdk.testing import FakeSystem, json_answer

URL = "https://shop.example.com/status?of=all"


def configured(section: dict[str, Any], environment: dict[str, str] | None = None, **more: Any) -> Integration[Any]:
    return configure({"http": {"shop": section}}, environment or {}, HttpClient(**more))["shop"]


async def seen(answer: Answer | Exception, **settings: Any) -> Observation:
    return await configured({"url": URL, **settings}, transport=FakeSystem({"*": answer})).probe()


def refused(section: object, environment: dict[str, str] | None = None, key: str = "shop") -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        configure({"http": {key: section}}, environment or {}, HttpClient())
    assert CANARY not in f"{caught.value} {caught.value.field}"
    return caught.value


def test_without_settings_there_is_none_and_with_them_as_many_as_they_name():
    bare = systems({})
    assert families() == {"http"}
    assert set(bare) == set(ids()) - families()
    found = configure({"http": {"till": {}, "shop": {"url": URL, "name": "The shop"}}}, {}, HttpClient())
    assert list(found) == sorted([*bare, "shop", "till"])
    told = {key: (one.id, one.name, one.kind, one.configured) for key, one in found.items() if key not in bare}
    assert told == {"shop": ("shop", "The shop", "integration", True), "till": ("till", "till", "integration", False)}


def test_the_environment_has_a_name_for_each_systems_settings_and_wins():
    environment = {"OPSBOOK_HTTP_SHOP_URL": URL, "OPSBOOK_HTTP_SHOP_EXPECT_STATUS": "200, 204"}
    environment |= {"OPSBOOK_HTTP_SHOP_DEGRADED_VALUES": "warn,1", "OPSBOOK_HTTP_TILL_URL": "https://till.example.com"}
    system = configured({"url": "https://other.example.com", "expect_path": "a", "expect_value": "ok"}, environment)
    assert (system.config.url, system.config.expect_status) == (URL, (200, 204))
    assert system.config.degraded_values == ("warn", "1")
    assert system.credential_state()["OPSBOOK_HTTP_SHOP_URL"] == "present"


@pytest.mark.parametrize(
    ("section", "missing"),
    [
        ({}, ["OPSBOOK_HTTP_SHOP_URL"]),
        ({"name": "The shop"}, ["OPSBOOK_HTTP_SHOP_URL"]),
        ({"url": URL, "header": "X-Api-Key"}, ["OPSBOOK_HTTP_SHOP_SECRET"]),
    ],
)
def test_what_is_not_complete_is_not_asked_and_says_what_to_set(section, missing):
    system = configured(section)
    assert not system.configured
    assert [name for name, word in system.credential_state().items() if word == "missing"] == missing


@pytest.mark.parametrize(
    ("key", "says", "cure"),
    [
        ("hubspot", "integrations.http.hubspot is refused: there is hubspot already", "Choose another id"),
        ("http", "there is http already", "Choose another id"),
        ("Pos-Gateway", "integrations.http.Pos-Gateway is refused: its name is no id", ": pos_gateway."),
        ("7", "its name is no id", "at most."),
        ("", "its name is no id", "at most."),
        ("a" * 41, "its name is no id", "at most."),
    ],
)
def test_an_id_that_is_none_or_is_taken_is_refused(key, says, cure):
    error = refused({"url": URL}, key=key)
    assert says in error.sentence
    assert cure in error.cure


def test_a_setting_outside_of_a_section_and_a_section_at_the_wrong_place_say_where_it_goes():
    error = refused(URL, key="url")
    assert error.sentence == "The setting integrations.http.url is refused: it stands outside of a section."
    assert "[integrations.http.shop]" in error.cure
    with pytest.raises(InvalidInput) as caught:
        systems({"webstore": {"url": URL}})
    assert caught.value.field == "integrations.webstore"
    assert "[integrations.http.shop]" in caught.value.cure


@pytest.mark.parametrize(
    ("section", "setting", "word"),
    [
        ({"urll": URL}, "integrations.http.shop.urll", "Did you mean url?"),
        ({"url": "http://shop.example.com"}, "OPSBOOK_HTTP_SHOP_URL", "https"),
        ({"url": "https://10.0.0.7/health"}, "OPSBOOK_HTTP_SHOP_URL", "not a public address"),
        ({"url": f"https://me:{CANARY}@shop.example.com"}, "OPSBOOK_HTTP_SHOP_URL", "user name or password"),
        ({"url": URL, "name": "a\nb"}, "OPSBOOK_HTTP_SHOP_NAME", "line break"),
        ({"url": URL, "method": "POST"}, "OPSBOOK_HTTP_SHOP_METHOD", "'GET' or 'HEAD'"),
        ({"url": URL, "secret": CANARY, "header": f"X-Api-Key: {CANARY}"}, "OPSBOOK_HTTP_SHOP_HEADER", "{secret}"),
        ({"url": URL, "secret": CANARY, "header": "X Api Key"}, "OPSBOOK_HTTP_SHOP_HEADER", "X-Api-Key"),
        ({"url": URL, "secret": f"{CANARY}\n{CANARY}"}, "OPSBOOK_HTTP_SHOP_SECRET", "line break"),
        ({"url": URL, "secret": f"{CANARY}é"}, "OPSBOOK_HTTP_SHOP_SECRET", "no header can carry"),
        ({"url": URL, "secret": "abc"}, "OPSBOOK_HTTP_SHOP_SECRET", "too few"),
        ({"url": URL, "secret": "sm://SHOP_KEY"}, "OPSBOOK_HTTP_SHOP_SECRET", "was not fetched"),
        ({"url": URL, "expect_status": [200, 99]}, "OPSBOOK_HTTP_SHOP_EXPECT_STATUS", "200 to 599"),
        ({"url": URL, "expect_status": []}, "OPSBOOK_HTTP_SHOP_EXPECT_STATUS", "200 to 599"),
        ({"url": URL, "expect_status": True}, "OPSBOOK_HTTP_SHOP_EXPECT_STATUS", "refused"),
        ({"url": URL, "expect_path": "a..b"}, "OPSBOOK_HTTP_SHOP_EXPECT_PATH", "dotted place"),
        ({"url": URL, "expect_value": "ok"}, "integrations.http.shop", "need expect_path"),
        ({"url": URL, "expect_path": "a", "degraded_values": ["b"]}, "integrations.http.shop", "need expect_value"),
        ({"url": URL, "method": "HEAD", "expect_text": "ok"}, "integrations.http.shop", "brings no body"),
        ({"url": URL, "expect_path": "a", "expect_value": ["ok"]}, "OPSBOOK_HTTP_SHOP_EXPECT_VALUE", "string"),
        ({"url": URL, "timeout_seconds": 6}, "OPSBOOK_HTTP_SHOP_TIMEOUT_SECONDS", "5"),
        ({"url": URL, "timeout_seconds": 0}, "OPSBOOK_HTTP_SHOP_TIMEOUT_SECONDS", "greater than 0"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name_and_says_why(section, setting, word):
    error = refused(section)
    assert setting in error.sentence
    assert word in str(error)
    assert error.cure


@pytest.mark.parametrize(
    ("settings", "header", "value"),
    [
        ({}, "authorization", f"Bearer {CANARY}"),
        ({"header": "X-Api-Key"}, "x-api-key", CANARY),
        ({"header": "Authorization: Basic {secret}"}, "authorization", f"Basic {CANARY}"),
    ],
)
async def test_the_secret_rides_in_its_header_and_nowhere_else(settings, header, value):
    desk = FakeSystem({"GET /status": Answer(200)})
    system = configured({"url": URL, "secret": CANARY, **settings}, transport=desk)
    assert (await system.probe()).status is Status.ONLINE
    (sent,) = desk.sent
    assert sent.headers[header] == value
    assert sum(CANARY in text for text in sent.headers.values()) == 1
    assert (sent.url, sent.body) == (URL, b"")
    assert CANARY not in f"{system.config!r} {system.config} {system.credential_state()}"


@pytest.mark.parametrize(("settings", "accept"), [({}, "*/*"), ({"expect_path": "a"}, "application/json")])
async def test_json_is_asked_for_only_where_it_is_looked_at(settings, accept):
    desk = FakeSystem({"*": json_answer({"a": 1})})
    system = configured({"url": URL, "method": "GET", **settings}, transport=desk)
    assert (await system.probe()).status is Status.ONLINE
    assert desk.sent[0].headers["accept"] == accept
    assert "authorization" not in desk.sent[0].headers


async def test_a_head_request_is_judged_by_its_status_alone():
    desk = FakeSystem({"HEAD /status": [Answer(200), Answer(404)]})
    system = configured({"url": URL, "method": "HEAD"}, transport=desk)
    assert (await system.probe()).status is Status.ONLINE
    assert (await system.probe()).error_class is ErrorClass.CLIENT


@pytest.mark.parametrize("expected", [204, [200, 204], "200,204"])
async def test_other_statuses_can_be_the_expected_ones(expected):
    assert (await seen(Answer(204), expect_status=expected)).status is Status.ONLINE
    found = await seen(Answer(201), expect_status=expected)
    assert (found.status, found.error_class) == (Status.OFFLINE, ErrorClass.BAD_REPLY)
    assert "It answered with status 201, and " in found.message


@pytest.mark.parametrize("status", [301, 401, 503])
async def test_a_status_that_is_named_is_well_whatever_it_is(status):
    assert (await seen(Answer(status), expect_status=status)).status is Status.ONLINE


async def test_a_redirect_is_not_followed_and_the_place_where_it_leads_is_not_repeated():
    found = await seen(Answer(301, headers={"location": f"https://shop.example.com/{CANARY}"}))
    assert (found.status, found.error_class) == (Status.OFFLINE, ErrorClass.BAD_REPLY)
    assert "redirect" in found.message
    assert CANARY not in found.message


async def test_a_text_that_is_missing_means_offline():
    assert (await seen(Answer(200, "<p>Zum Warenkorb: grün</p>".encode()), expect_text="grün")).status is Status.ONLINE
    found = await seen(Answer(200, b"<p>We are back soon</p>"), expect_text="Add to cart")
    assert (found.status, found.error_class) == (Status.OFFLINE, ErrorClass.BAD_REPLY)
    assert "expect_text" in found.message


BODY = {"checks": [{"status": "ok", "load": 1.0, "sure": True, "note": None}], "db": "The database is down, sorry"}


@pytest.mark.parametrize(
    ("path", "value", "status", "said"),
    [
        ("checks.0.status", "ok", Status.ONLINE, ""),
        ("checks.0.status", None, Status.ONLINE, ""),
        ("checks.0.load", 1, Status.ONLINE, ""),
        ("checks.0.load", "1", Status.ONLINE, ""),
        ("checks.0.sure", True, Status.ONLINE, ""),
        ("checks", None, Status.ONLINE, ""),
        ("checks.0.status", "fine", Status.OFFLINE, "It says ok at checks.0.status, and fine is expected."),
        ("db", "ok", Status.OFFLINE, "It says something else at db, and ok is expected."),
        ("checks", "ok", Status.OFFLINE, "It says something else at checks, and ok is expected."),
        ("checks.0.note", None, Status.OFFLINE, "Its answer is not JSON that holds anything at checks.0.note."),
        ("checks.1.status", "ok", Status.OFFLINE, "Its answer is not JSON that holds anything at checks.1.status."),
    ],
)
async def test_a_place_in_json_is_compared_as_it_is_written(path, value, status, said):
    more = {} if value is None else {"expect_value": value}
    found = await seen(json_answer(BODY), expect_path=path, **more)
    assert (found.status, found.message) == (status, said)
    assert found.error_class is (None if status is Status.ONLINE else ErrorClass.BAD_REPLY)


async def test_a_value_that_is_named_for_it_means_degraded():
    found = await seen(json_answer({"a": 2}), expect_path="a", expect_value=1, degraded_values=[2, "warn"])
    assert (found.status, found.error_class) == (Status.DEGRADED, ErrorClass.SERVER)
    assert found.message == "It says 2 at a, and 1 is well."


async def test_a_secret_that_comes_back_in_the_place_that_is_looked_at_is_not_shown():
    found = await seen(json_answer({"a": CANARY}), expect_path="a", expect_value="ok", secret=CANARY)
    assert found.message == "It says *** at a, and ok is expected."


def test_its_secret_may_be_kept_elsewhere():
    values = {"integrations": {"http": {"shop": {"url": URL, "secret": "sm://SHOP_KEY"}}}}
    place = "integrations.http.shop.secret"
    assert wanted_by_file(values) == {place: Reference("SHOP_KEY")}
    variable = {"OPSBOOK_HTTP_SHOP_SECRET": "sm://SHOP_KEY@previous"}
    assert list(wanted_by_environment(variable, ())) == ["OPSBOOK_HTTP_SHOP_SECRET"]
    system = configure(Fetched({place: CANARY}).into(values)["integrations"], {}, HttpClient())["shop"]
    assert system.config.secret.get_secret_value() == CANARY
