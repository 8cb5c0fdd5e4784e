"""A mail server for the sample platform: it keeps every message as a file. Plain SMTP, this machine only."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from opsbook.cli.demo.listener import Listener

LARGEST_MESSAGE = 10 * 1024 * 1024


@dataclass(frozen=True)
class Letter:
    """One message as it came: who it was for, what it says, and the file that keeps it."""

    to: tuple[str, ...]
    message: EmailMessage
    file: Path

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")


class Mailbox:
    """Answers as RFC 5321 asks of a small server. Start `server`, read `letters`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.letters: list[Letter] = []
        self.kept_before = len(list(folder.glob("*.eml")))
        self.server = Listener(self._talk)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender, to = False, list[str]()
        writer.write(b"220 sample.example ready\r\n")
        while line := await reader.readline():
            verb, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
            word = verb.upper()
            answer = "250 OK"
            if word == "EHLO":
                answer = f"250-sample.example\r\n250-SIZE {LARGEST_MESSAGE}\r\n250-SMTPUTF8\r\n250 8BITMIME"
            elif word == "MAIL":
                sender, to = True, []
            elif word == "RCPT":
                to.append(rest.partition("<")[2].partition(">")[0])
            elif word == "RSET":
                sender, to = False, []
            elif word == "DATA":
                answer = await self._take(reader, writer, tuple(to)) if sender and to else "503 who is it for?"
                sender, to = False, []
            elif word == "QUIT":
                writer.write(b"221 bye\r\n")
                await writer.drain()
                return
            elif word not in ("HELO", "NOOP"):
                answer = "502 not here"
            writer.write(answer.encode() + b"\r\n")
            await writer.drain()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, to: tuple[str, ...]) -> str:
        writer.write(b"354 go on, a lone dot ends it\r\n")
        await writer.drain()
        lines, size = [], 0
        while (line := await reader.readline()) != b".\r\n":
            size += len(line)
            if not line or size > LARGEST_MESSAGE:
                raise ConnectionError("the message broke off or is too large")
            lines.append(line[1:] if line.startswith(b".") else line)
        content = b"".join(lines)
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{self.kept_before + len(self.letters) + 1:03d}.eml"
        file.write_bytes(content)
        self.letters.append(Letter(to, message_from_bytes(content, policy=policy.default), file))
        return f"250 kept as {file.name}"
