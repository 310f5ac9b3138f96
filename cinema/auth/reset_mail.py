"""Sends mails with a link that resets a forgotten password.

A thread of the process looks up the accounts and sends the mails. So the request does the same work, in the
same time, for every address. A mail that waits is lost if the process is killed; the user can ask again.
"""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.db import connection
from django.db.models import F

from cinema.api.folding import fold
from cinema.auth.authentication import USER_ID

logger = logging.getLogger(__name__)
User = get_user_model()

# Requests whose mails wait. More are dropped, because they would fill the memory if the mail server is slow.
MAX_WAITING = 1000
# Accounts with one address that get a mail. Otherwise, many accounts would make one request send many mails.
MAX_ACCOUNTS = 10
TEXT = """\
Somebody asked for a new password of the account {username} at {page}

If it was you, open this link within one hour:

{page}#/password/{token}

If it was not you, ignore this mail. Your password stays as it is.
"""

sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")
_waiting = BoundedSemaphore(MAX_WAITING)


def send_reset_mails(email: str, page: str) -> None:
    """Starts to send a mail for each account with this email address. `page` is the URL of the page at `/`."""
    if _waiting.acquire(blocking=False):
        sender.submit(_send_reset_mails, email, page)
    else:
        logger.error("Too many mails wait for the mail server. A mail to reset a password was not sent.")


def _send_reset_mails(email: str, page: str) -> None:
    try:
        for user in _users_with_email(email):
            text = TEXT.format(username=user.get_username(), page=page, token=reset_token(user))
            send_mail(f"{settings.CINEMA_NAME}: choose a new password", text, None, [user.email])
    except Exception as error:
        # Without the message, which may name the recipient.
        logger.error("A mail to reset a password was not sent: %s", type(error).__name__)
    finally:
        connection.close()
        _waiting.release()


def _users_with_email(email: str) -> Iterator[Any]:
    """Yields active users who log in with a password, the last ones to log in first."""
    users = User.objects.filter(email__iexact=email, is_active=True)
    for user in users.order_by(F("last_login").desc(nulls_last=True), "-pk")[:MAX_ACCOUNTS]:
        # The database may take another address for the same, and the mail would go to that one.
        if fold(user.email) == fold(email) and user.has_usable_password():
            yield user


def reset_token(user: Any) -> str:
    """A token that is valid for PASSWORD_RESET_TIMEOUT seconds, until password, email or last login change."""
    return f"{user.pk}-{default_token_generator.make_token(user)}"


def user_of_token(token: str) -> Any:
    """Returns the user of a valid token, who may be inactive, or None."""
    user_id, _, signed = token.partition("-")
    user = User.objects.filter(pk=int(user_id)).first() if USER_ID.fullmatch(user_id) else None
    # Also without a user, so that the time does not tell which ids exist.
    is_valid = default_token_generator.check_token(user or User(), signed)
    return user if is_valid else None
