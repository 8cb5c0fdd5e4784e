"""Mail as files: whole, one for each key, and told when it cannot be written."""

from __future__ import annotations

import asyncio
import email
import email.policy
from pathlib import Path
from typing import Any

import pytest

from opsbook.integrations.configuration import configure
from opsbook.sdk.effects import ConnectorClass, Parcel, Refused
from opsbook.sdk.http import HttpClient
from opsbook.sdk.integration import Integration, Status


def outbox(folder: Path) -> Integration[Any]:
    return configure({"outbox": {"folder": str(folder)}}, {}, HttpClient())["outbox"]


async def test_a_mail_is_one_readable_file_however_often_it_is_sent(tmp_path: Path) -> None:
    (files,) = outbox(tmp_path / "mails").connectors()
    assert (files.name, files.channel, files.effect_class) == ("outbox", "email", ConnectorClass.A)
    parcel = Parcel("key_1", "owner@example.com", "Über alles well", "Words.", "<p>Words.</p>")
    first, second = await files.send(parcel), await files.send(parcel)
    assert first == second
    (file,) = (tmp_path / "mails").iterdir()
    mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert (mail["To"], mail["Subject"], mail["Message-ID"]) == (parcel.to, parcel.subject, first.provider_id)


async def test_a_folder_that_cannot_be_written_is_refused_and_another_provider_may_be_tried(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    system = outbox(tmp_path / "taken" / "mails")
    with pytest.raises(Refused) as caught:
        await system.connectors()[0].send(Parcel("key_1", "owner@example.com", "Subject", "Words."))
    assert (caught.value.code, caught.value.elsewhere) == ("folder", True)
    assert (await system.probe()).status is Status.OFFLINE


def test_the_probe_writes_nothing(tmp_path: Path) -> None:
    assert asyncio.run(outbox(tmp_path / "not" / "yet").probe()).status is Status.ONLINE
    assert list(tmp_path.iterdir()) == []
