"""SES: the signature that AWS asks for, and how an account stands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from integrations.samples import CANARY, SAMPLES
from opsbook.integrations.ses.signing import Key, signed
from opsbook.sdk.integration import ErrorClass, Status
from opsbook.sdk.testing import json_answer

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
JSON = {"content-type": "application/json"}
# The signatures that AWS's own library (botocore 1.44.8) makes of the same requests with the same made-up key.
KNOWN = [
    ("GET", "https://email.us-east-1.amazonaws.com/v2/email/account", b"", {},
     "4aff188c5be40936bfe3377533706da7c2db16f20eff4550cbd08381929850fd"),
    ("POST", "https://email.us-east-1.amazonaws.com/v2/email/outbound-emails", b'{"a": 1}', JSON,
     "84972cea555a7452efdda7895101bcc158f26f8458c8500102a71991cbe1265b"),
    ("POST", "http://127.0.0.1:8080/x y/~b", b'{"a": 1}', JSON,
     "ab89f689828bbd247971c42257b294e5406bc2f887ca5fcb3b363960032a0603"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "url", "content", "headers", "signature"), KNOWN)
def test_a_request_is_signed_as_awss_own_library_signs_it(method, url, content, headers, signature):
    key = Key("made-up-id", "made-up-secret", "us-east-1")
    made = signed(method, url, content, headers, key, AT)
    names = ";".join(sorted([*headers, "host", "x-amz-date"]))
    assert made["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=made-up-id/20261124/us-east-1/ses/aws4_request, "
        f"SignedHeaders={names}, Signature={signature}"
    )
    assert "made-up-secret" not in f"{made} {key!r}"


def account(**more):
    quota = {"Max24HourSend": 50000.0, "MaxSendRate": 14.0, "SentLast24Hours": 100.0}
    body = {
        "SendingEnabled": True,
        "ProductionAccessEnabled": True,
        "EnforcementStatus": "HEALTHY",
        "SendQuota": {**quota, **more.pop("quota", {})},
    }
    return json_answer({**body, **more})


ACCOUNTS = [
    (account(), Status.ONLINE, None),
    (account(ProductionAccessEnabled=False), Status.ONLINE, None),
    (account(EnforcementStatus="PROBATION"), Status.DEGRADED, ErrorClass.CLIENT),
    (account(EnforcementStatus="SHUTDOWN"), Status.OFFLINE, ErrorClass.CLIENT),
    (account(SendingEnabled=False), Status.OFFLINE, ErrorClass.CLIENT),
    (account(quota={"SentLast24Hours": 50000.0}), Status.DEGRADED, ErrorClass.THROTTLED),
    (account(SendingEnabled="yes"), Status.OFFLINE, ErrorClass.BAD_REPLY),
    (json_answer({"message": "Rate exceeded"}, 400, x_amzn_errortype="ThrottlingException"), Status.DEGRADED,
     ErrorClass.THROTTLED),
    (json_answer({"message": CANARY}, 400, x_amzn_errortype="ExpiredTokenException"), Status.OFFLINE, ErrorClass.AUTH),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "status", "error_class"), ACCOUNTS)
async def test_an_account_that_may_not_send_is_not_online(answer, status, error_class, make):
    system, _ = make("ses", {SAMPLES["ses"].asked: answer})
    seen = await system.probe()
    assert (seen.status, seen.error_class) == (status, error_class), seen.message
    assert CANARY not in seen.message


@pytest.mark.parametrize(
    ("quota", "shown"),
    [
        ({}, {"used": 100.0, "limit": 50000.0, "used_share": 0.002, "per_second": 14.0}),
        ({"Max24HourSend": -1.0}, {"used": 100.0, "limit": None, "used_share": 0.0, "per_second": 14.0}),
    ],
)
async def test_the_days_quota_comes_with_the_probe(quota, shown, make):
    system, _ = make("ses", {SAMPLES["ses"].asked: account(quota=quota)})
    assert (await system.probe()).quota == shown


async def test_a_quota_that_ses_does_not_say_is_unknown_and_not_nothing(make):
    system, _ = make("ses", {SAMPLES["ses"].asked: account(quota={"Max24HourSend": None})})
    assert (await system.probe()).quota["used_share"]["status"] == "unknown"


async def test_another_region_has_another_address(make):
    system, desk = make("ses", {"*": account()}, region="eu-west-1")
    await system.probe()
    assert desk.sent[0].url == "https://email.eu-west-1.amazonaws.com/v2/email/account"
