"""With what Google's systems are asked: a service account's key, the machine's account, or what a person gives."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google.oauth2 import service_account

from integrations.samples import SAMPLES
from opsbook.integrations import _service_account
from opsbook.integrations.configuration import configure
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.errors import InvalidInput, OpsbookError
from opsbook.sdk.http import Answer, HttpClient
from opsbook.sdk.integration import ErrorClass, Integration, Observation, Status
from peers.google_accounts import EMAIL, TOKEN_PATH, USER, Accounts, document, private_key, serving

AUTH = "https://www.googleapis.com/auth/"
SCOPES = {
    "firestore": "datastore",
    "firebase_auth": "identitytoolkit",
    "gmail": "gmail.labels",
    "calendar": "calendar.calendarlist.readonly",
    "drive": "drive.file",
    "sheets": "spreadsheets.readonly",
    "cloud_scheduler": "cloud-platform",
    "secret_manager": "cloud-platform",
}
REFRESH = {"client_id": "c", "client_secret": "s" * 9, "refresh_token": "r" * 12}
every_system = pytest.mark.parametrize("key", SCOPES)


@pytest.fixture
def accounts(clock: SteppedClock) -> Iterator[Accounts]:
    with serving(clock.now) as found:
        yield found


@pytest.fixture
def made(accounts: Accounts, clock: SteppedClock):
    """One system in front of the contract's servers, with its sample settings but for the account."""

    def make(key: str, **more: Any) -> Integration[Any]:
        sample = SAMPLES[key]
        accounts.answers = {name: answer for name, answer in sample.good.items() if isinstance(answer, Answer)}
        plain = {name: value for name, value in sample.settings.items() if name not in sample.secrets}
        section = {**plain, "base_url": accounts.url, "token_url": f"{accounts.url}/token", **more}
        return configure({key: section}, {}, HttpClient(allow_loopback=True, clock=clock))[key]

    return make


def with_key(key: str, **more: Any) -> dict[str, Any]:
    """The settings of a key; where people's things are, of one that acts for a user."""
    return {"credentials": json.dumps(document()), **({"subject": USER} if key == "gmail" else {}), **more}


def refused(seen: Observation, *words: str) -> None:
    assert (seen.status, seen.error_class) == (Status.OFFLINE, ErrorClass.AUTH), seen
    assert all(word in seen.message for word in words), seen.message


@every_system
async def test_a_key_is_exchanged_for_a_token_with_the_scope_that_the_system_needs(key, made, accounts):
    accounts.delegated = {AUTH + SCOPES[key]}
    seen = await made(key, **with_key(key)).probe()
    assert seen.status is Status.ONLINE, seen
    (claims,) = accounts.claims
    assert (claims["iss"], claims["scope"]) == (EMAIL, AUTH + SCOPES[key])
    assert claims.get("sub") == (USER if key == "gmail" else None)
    assert accounts.asked == ["POST /token", SAMPLES[key].asked]


async def test_a_mailbox_that_sends_asks_for_the_right_to_send(made, accounts):
    accounts.delegated = {AUTH + "gmail.modify"}
    seen = await made("gmail", **with_key("gmail", sender=USER)).probe()
    assert (seen.status, accounts.claims[0]["scope"]) == (Status.ONLINE, AUTH + "gmail.modify")


@pytest.mark.parametrize("key", ["calendar", "drive", "sheets"])
async def test_what_belongs_to_people_is_asked_for_a_user_where_one_is_named(key, made, accounts):
    accounts.delegated = {AUTH + SCOPES[key]}
    assert (await made(key, **with_key(key, subject=USER)).probe()).status is Status.ONLINE
    assert accounts.claims[0]["sub"] == USER


def test_without_a_user_a_service_account_has_no_mailbox(made):
    system = made("gmail", credentials=json.dumps(document()))
    assert not system.configured
    assert [name for name, word in system.credential_state().items() if word == "missing"] == ["GOOGLE_SUBJECT"]


@pytest.mark.parametrize("subject", [None, USER])
def test_the_claim_is_byte_for_byte_the_one_that_googles_own_library_signs(subject, accounts):
    accounts.now = lambda: datetime.now(UTC)
    accounts.delegated = {AUTH + "drive.file", AUTH + "datastore"}
    scopes = (AUTH + "drive.file", AUTH + "datastore")
    sent: list[bytes] = []

    def request(url: str, method: str, body: bytes, headers: Any, **_: Any) -> Any:
        sent.append(body)
        answer = accounts.answer(method, "/token", headers, body)
        return SimpleNamespace(status=answer.status, headers={}, data=answer.body)

    theirs = service_account.Credentials.from_service_account_info(document(), scopes=scopes, subject=subject)
    theirs.refresh(request)
    assert theirs.token in accounts.granted
    assertion = parse_qs(sent[0].decode())["assertion"][0]
    began = datetime.fromtimestamp(accounts.claims[0]["iat"], UTC)
    key = _service_account.read(json.dumps(document()))
    assert _service_account.claim(key, scopes, subject, began) == assertion


async def test_a_key_may_be_given_by_its_path_as_it_is_in_base64_and_escaped_once_too_often(made, accounts, tmp_path):
    text = json.dumps(document())
    (tmp_path / "key.json").write_bytes(b"\xef\xbb\xbf" + text.encode())
    escaped = json.dumps({**document(), "private_key": document()["private_key"].replace("\n", "\\n")})
    for given in (str(tmp_path / "key.json"), text, base64.encodebytes(text.encode()).decode(), escaped):
        assert (await made("firestore", credentials=given).probe()).status is Status.ONLINE
    environment = {"FIREBASE_SERVICE_ACCOUNT_KEY": base64.b64encode(text.encode()).decode()}
    assert configure({"firestore": {"project": "sample-1"}}, environment, HttpClient())["firestore"].configured


PEM = document()["private_key"]
NO_KEYS = [
    ("/nowhere/key.json", "names no file"),
    ("nowhere\0", "names no file"),
    (".", "names no file"),
    (PEM, "a private key alone"),
    ("{broken", "not JSON"),
    ("{" + '"a":' * 9, "not JSON"),
    (json.dumps(document(type="authorized_user")), "GOOGLE_REFRESH_TOKEN"),
    (json.dumps(document(type="external_account")), "not service_account but external_account"),
    (json.dumps(document(type=PEM)), "its type is not service_account;"),
    (json.dumps({"web": {"client_secret": PEM}}), "its type is not service_account;"),
    (json.dumps(document(client_email=None)), "no client_email"),
    (json.dumps(document(private_key="secret")), "no private_key"),
]


@pytest.mark.parametrize(("given", "words"), NO_KEYS)
def test_what_is_no_key_is_refused_by_the_name_of_its_setting_and_what_to_give(given, words, made):
    with pytest.raises(InvalidInput) as caught:
        made("firestore", credentials=given)
    assert "The setting GOOGLE_APPLICATION_CREDENTIALS is refused" in caught.value.sentence
    assert words in caught.value.sentence
    assert not leaked(f"{caught.value!r} {caught.value} {''.join(traceback.format_exception(caught.value))}")


def test_a_file_that_is_far_too_large_or_no_text_is_no_key(made, tmp_path: Path):
    for content, words in ((b" " * 200_000, "too large"), (b"\xff\xfe", "names no file"), (b"[]", "not JSON")):
        (tmp_path / "key.json").write_bytes(content)
        with pytest.raises(InvalidInput, match=words):
            made("firestore", credentials=str(tmp_path / "key.json"))


def pem_of(key: Any, password: str = "") -> str:
    locked = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked).decode()


BROKEN = {
    "cut": PEM[:200] + PEM[-200:],
    "locked": pem_of(private_key(0), "password"),
    "of another kind": pem_of(ec.generate_private_key(ec.SECP256R1())),
}


@pytest.mark.parametrize("pem", BROKEN.values(), ids=BROKEN)
async def test_a_key_that_cannot_sign_is_told_by_its_setting_and_nothing_is_asked(pem, made, accounts):
    seen = await made("firestore", credentials=json.dumps(document(private_key=pem))).probe()
    refused(seen, "GOOGLE_APPLICATION_CREDENTIALS", "broken", "Make a new key")
    assert accounts.asked == []


async def test_a_file_that_is_replaced_counts_from_the_next_token_on_and_one_that_went_is_told(
    made, accounts, clock, tmp_path: Path
):
    path = tmp_path / "key.json"
    path.write_text(json.dumps(document(1)))  # Google has another key of this account
    system = made("firestore", credentials=str(path))
    refused(await system.probe(), "Google does not know the key in GOOGLE_APPLICATION_CREDENTIALS", "give the new one")
    path.write_text(json.dumps(document()))
    assert (await system.probe()).status is Status.ONLINE
    path.unlink()
    assert (await system.probe()).status is Status.ONLINE  # its token lives
    clock.forward(timedelta(hours=1))
    refused(await system.probe(), "GOOGLE_APPLICATION_CREDENTIALS", "names no file")


@pytest.mark.parametrize(("theirs", "words"), [(80, "80 min slow"), (-90, "90 min fast")])
async def test_a_clock_that_is_off_is_told_with_how_much(theirs, words, made, accounts, clock):
    accounts.now = lambda: clock.now() + timedelta(minutes=theirs)
    refused(await made("firestore", **with_key("firestore")).probe(), words, "invalid_grant", "Set the clock")


async def test_a_clock_that_is_off_by_less_than_google_minds_is_no_matter(made, accounts, clock):
    accounts.now = lambda: clock.now() - timedelta(minutes=4)
    assert (await made("firestore", **with_key("firestore")).probe()).status is Status.ONLINE


@pytest.mark.parametrize(
    ("more", "enabled", "words"),
    [
        ({}, False, "Google refused the key in GOOGLE_APPLICATION_CREDENTIALS"),
        ({"subject": USER}, True, "may not act for the user in GOOGLE_SUBJECT (unauthorized_client)"),
        ({"subject": "nobody@example.com"}, True, "no user as in GOOGLE_SUBJECT"),
    ],
)
async def test_what_google_refuses_says_what_a_person_can_do(more, enabled, words, made, accounts):
    accounts.enabled = enabled
    refused(await made("drive", **with_key("drive", **more)).probe(), words)
    assert accounts.asked == ["POST /token"]


async def test_a_token_is_kept_until_a_minute_before_its_end_which_is_told(made, accounts, clock):
    system = made("firestore", **with_key("firestore"))
    seen = await system.probe()
    assert seen.expiry is not None
    assert seen.expiry.as_json() == {
        "expires_at": (clock.now() + timedelta(seconds=3599)).isoformat(),
        "of": "access token",
        "renews": True,
    }
    clock.forward(timedelta(seconds=3599 - 61))
    await system.probe()
    assert accounts.asked.count("POST /token") == 1
    clock.forward(timedelta(seconds=2))
    await system.probe()
    assert accounts.asked.count("POST /token") == 2


async def test_an_answer_without_a_token_is_a_bad_reply(made, accounts):
    accounts.lives = None  # type: ignore[assignment]
    seen = await made("firestore", **with_key("firestore")).probe()
    assert (seen.error_class, seen.status) == (ErrorClass.BAD_REPLY, Status.OFFLINE)


@pytest.mark.parametrize("key", sorted(set(SCOPES) - {"gmail"}))
async def test_a_machine_of_googles_is_asked_for_its_accounts_token(key, made, accounts, clock):
    seen = await made(key, metadata_host=accounts.host).probe()
    assert seen.status is Status.ONLINE, seen
    assert accounts.asked == [f"GET {TOKEN_PATH}", SAMPLES[key].asked]
    assert list(accounts.granted.values()) == [AUTH + SCOPES[key]]
    assert seen.expiry is not None
    assert seen.expiry.at == clock.now() + timedelta(seconds=3599)


async def test_a_machines_account_has_no_mailbox(made, accounts):
    assert not made("gmail", metadata_host=accounts.host).configured


async def test_a_machine_without_an_account_and_one_that_is_no_machine_are_told_apart(made, accounts):
    accounts.attached = False
    refused(await made("drive", metadata_host=accounts.host).probe(), "status 404", "Attach a service account")
    accounts.flavour = "Other"
    seen = await made("drive", metadata_host=accounts.host).probe()
    assert (seen.error_class, "no metadata server" in seen.message) == (ErrorClass.BAD_REPLY, True)
    seen = await made("drive", metadata_host="127.0.0.1:1").probe()
    assert (seen.error_class, "GCE_METADATA_HOST is for machines of Google's" in seen.message) == (
        ErrorClass.NETWORK,
        True,
    )


@pytest.mark.parametrize(
    "host", ["metadata.example.com", "10.0.0.1", "metadata.google.internal/x", "[fd00::1]", "metadata.google.internal."]
)
def test_another_host_is_no_metadata_server(host, made):
    with pytest.raises(InvalidInput, match="GCE_METADATA_HOST is refused"):
        made("drive", metadata_host=host)


KEY = {"credentials": json.dumps(document())}
MACHINE = {"metadata_host": "metadata.google.internal"}


@pytest.mark.parametrize(
    ("more", "counts"),
    [
        ({"access_token": "an-access-token", **KEY, **REFRESH, **MACHINE}, "GOOGLE_ACCESS_TOKEN"),
        ({**KEY, **REFRESH, **MACHINE}, "GOOGLE_APPLICATION_CREDENTIALS"),
        ({**REFRESH, **MACHINE}, "GOOGLE_REFRESH_TOKEN"),
        ({**MACHINE, "client_id": "c"}, "GCE_METADATA_HOST"),
    ],
)
def test_of_several_ways_the_first_counts_and_is_told(more, counts, made):
    assert made("drive", **more).asked_with() == counts


async def test_a_key_without_the_user_that_a_mailbox_needs_gives_way_to_a_refresh_token(made, accounts):
    system = made("gmail", **KEY, **REFRESH)
    assert system.asked_with() == "GOOGLE_REFRESH_TOKEN"
    assert (await system.probe()).status is Status.ONLINE
    assert accounts.claims == []


def test_an_emulator_comes_before_every_account(made):
    assert made("firestore", **KEY, emulator_host="127.0.0.1:1").asked_with() == "an emulator"


def leaked(text: str) -> list[str]:
    """The lines of the key that stand in a text."""
    lines = [line for line in PEM.splitlines() if len(line) > 8 and "-----" not in line]
    assert len(lines) > 20
    return [line for line in lines if line in text]


def repeating(given: dict[str, Any]) -> str:
    """What a careless vendor could write back."""
    key = str(given["private_key"])
    return json.dumps({"error": key.split("\n")[1][:50], "error_description": key, "status": json.dumps(given)})


@pytest.mark.parametrize("path", [True, False])
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 500])
async def test_the_private_key_is_never_shown_even_when_the_vendor_repeats_it(status, path, tmp_path, clock):
    (tmp_path / "key.json").write_text(json.dumps(document()))
    answer = Answer(status, repeating(document()).encode())
    http = HttpClient(transport=lambda _: answer, clock=clock)
    given = str(tmp_path / "key.json") if path else json.dumps(document())
    system = configure({"drive": {"credentials": given}}, {}, http)["drive"]
    seen = await system.probe()
    assert seen.status is not Status.ONLINE
    shown = f"{seen!r} {system.config!r} {system.config} {system.credential_state()} {system.asked_with()}"
    assert not leaked(shown)
    for line in (PEM, json.dumps(document()), PEM.splitlines()[3], f"it said {PEM.splitlines()[-2]}"):
        assert not leaked(http.redactor.clean(line))


async def test_neither_the_key_nor_the_claim_stands_in_an_error_or_its_trace(made, accounts, tmp_path: Path):
    accounts.enabled = False
    system = made("firestore", **with_key("firestore"))
    with pytest.raises(OpsbookError) as caught:
        await system.ask(system.config)
    told = "".join(traceback.format_exception(caught.value))
    assert not leaked(f"{told} {caught.value!r} {_service_account.read(json.dumps(document()))!r}")
    assert "eyJ" not in told  # how every claim begins


WITHOUT = """
import asyncio, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "cryptography":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
from opsbook.integrations.configuration import configure
from opsbook.sdk.http import HttpClient
system = configure({"drive": {"credentials": sys.argv[1]}}, {}, HttpClient(transport=print))["drive"]
print(asyncio.run(system.probe()).message)
"""


def test_without_the_library_that_signs_the_extra_is_named_and_nothing_is_asked():
    command = [sys.executable, "-c", WITHOUT, json.dumps(document())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("GOOGLE_APPLICATION_CREDENTIALS is set, but the package that signs")
    assert done.stdout.strip().endswith("Run: pip install 'opsbook[google]'.")
    assert len(done.stdout.splitlines()) == 1
