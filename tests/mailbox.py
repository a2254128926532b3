"""A server that takes mail over SMTP and keeps it, for a site that sends some."""

import email
import email.policy
import socketserver
import threading
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from tests.waiting import wait_until


class _Session(socketserver.StreamRequestHandler):
    """One client, as RFC 5321 has it."""

    server: "Mailbox"

    def handle(self) -> None:
        self._say("220 ready")
        for line in self.rfile:
            command = line.split(maxsplit=1)[0].upper() if line.strip() else b""
            if command == b"DATA":
                self._say("354 go on")
                self._take_mail()
            self._say("221 bye" if command == b"QUIT" else "250 ok")
            if command == b"QUIT":
                return

    def _take_mail(self) -> None:
        lines = iter(self.rfile.readline, b".\r\n")
        text = b"".join(line.removeprefix(b".") for line in lines)
        self.server.mails.append(email.message_from_bytes(text, policy=email.policy.default))

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class Mailbox(socketserver.ThreadingTCPServer):
    """Everybody's."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails: list[EmailMessage] = []
        self.url = f"smtp://127.0.0.1:{self.server_address[1]}"
        self._thread = threading.Thread(target=self.serve_forever, name="mailbox")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def mail(self, number: int) -> EmailMessage:
        """That one of all that were sent, from 1, as soon as it is there."""
        wait_until(lambda: len(self.mails) >= number)
        return self.mails[number - 1]
