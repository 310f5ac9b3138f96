"""Sends a notice to a webhook, signed by the scheme of https://www.standardwebhooks.com."""

import base64
import hmac
import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone

from cinema.notices.exceptions import NotDelivered
from cinema.notices.models import Notice, check_url

TIMEOUT_SECONDS = 10


def content(notice: Notice) -> dict[str, Any]:
    return {"type": notice.event, "timestamp": notice.created_at.isoformat(), "data": notice.data}


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([message_id.encode(), str(timestamp).encode(), body])
    return f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"


def send(url: str, secret: str, notice: Notice) -> None:
    """Raises `NotDelivered` unless the receiver answers 2xx. It follows no redirect."""
    check_url(url)
    body = json.dumps(content(notice)).encode()
    message_id, timestamp = f"notice_{notice.pk}", int(timezone.now().timestamp())
    headers = {
        "content-type": "application/json",
        "user-agent": "cinema",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, message_id, timestamp, body),
    }
    parts = urlsplit(url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(str(parts.hostname), parts.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(
            "POST", parts._replace(scheme="", netloc="", fragment="").geturl() or "/", body, headers
        )
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotDelivered(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise NotDelivered(f"The receiver answered {status}.")
