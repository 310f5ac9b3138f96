"""gunicorn's HTTP protocol, with answers to clients that it would leave without one."""

import socket
from collections.abc import Iterable
from typing import Any

from gunicorn.workers import gasgi

# Seconds without progress after which the kernel closes a connection whose client does not read its answer, or
# has disappeared. Otherwise the answer would stay in memory until the client closes the connection.
UNREAD_TIMEOUT_SECONDS = 60


def limit_unread_answers(sockets: Iterable[socket.socket]) -> None:
    """Sets the timeout on listening sockets. Linux copies it to each connection that they accept."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)  # Not on macOS.
    for listener in sockets:
        if option is not None and listener.family != socket.AF_UNIX:
            listener.setsockopt(socket.IPPROTO_TCP, option, UNREAD_TIMEOUT_SECONDS * 1000)


class Protocol(gasgi.ASGIProtocol):
    _input_has_ended = False

    def _feed_callback_parser(self, data: bytes) -> bool:
        """Answers 400 to a Content-Length of more than 4,300 digits.

        gunicorn passes it to `int`, which raises `ValueError` for so many. gunicorn does not catch that, so the
        connection would end without an answer and with a traceback in the log.
        """
        try:
            return super()._feed_callback_parser(data)
        except ValueError:
            self._send_error_response(400, "Invalid Content-Length")
            self._close_transport()
            return False

    def _is_websocket_upgrade(self, request: Any) -> bool:
        """Ignores `Upgrade: websocket`, as HTTP allows, so that the request gets its ordinary answer."""
        return False

    def eof_received(self) -> bool:
        """Keeps the connection of a client that sends nothing more, until its requests are answered.

        A client that closes a stream looks the same, so a stream ends.
        """
        receiver = self._body_receiver
        if receiver is None or not receiver._complete:
            return False
        self._input_has_ended = True
        # Without its body, a request would count as aborted.
        if not receiver.buffered:
            receiver.signal_disconnect()
        return True

    def _arm_keepalive_timer(self) -> None:
        if self._input_has_ended:
            self._keepalive_timeout()
        else:
            super()._arm_keepalive_timer()


# gunicorn's worker looks its protocol class up under this name.
gasgi.ASGIProtocol = Protocol
