"""Subscriptions, the notices that triggers write for them, and what was delivered."""

import base64
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.db.models.signals import post_save
from django.utils import timezone

from cinema.api.citus_tables import is_distributed_table
from cinema.notices import triggers

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def check_url(url: str) -> None:
    """Raises `ValidationError` unless the URL is https. With HTTPS=off, http to this machine is allowed.

    It also refuses what HTTP can't send: spaces and control characters, other letters than ASCII after the
    host, and hosts that DNS can't have. Otherwise each notice would fail for three days.
    """
    try:
        parts = urlsplit(url)
        target = parts._replace(scheme="", netloc="").geturl()
        if re.search(r"[\s\x00-\x1f\x7f-\x9f]", url) or not target.isascii():
            raise ValueError("The URL is not percent-encoded.")
        (parts.hostname or "").encode("idna")
        is_local = parts.scheme == "http" and parts.hostname in LOOPBACK and not settings.HTTPS
        is_valid = bool(parts.hostname) and "@" not in parts.netloc and (parts.port is None or parts.port > 0)
    except ValueError:
        is_valid = is_local = False
    if not is_valid or not (is_local or parts.scheme == "https"):
        raise ValidationError(
            "Enter a URL like https://shop.example/hooks, without a user name. Percent-encode spaces and other "
            "letters than ASCII."
        )


class Subscription(models.Model):
    class Kind(models.TextChoices):
        MAIL = "mail", "mail to the users"
        WEBHOOK = "webhook", "webhook"
        CHANGES = "changes", "GET /changes/"

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=7, choices=Kind)
    url = models.CharField("URL", max_length=500, blank=True, default="", help_text="Of a webhook: https://…")
    secret = models.CharField(
        max_length=100,
        default=new_secret,
        editable=False,
        help_text="The receiver of a webhook checks signatures with it.",
    )
    is_active = models.BooleanField("active", default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Failed attempts since the last success. The next attempt waits until `paused_until`.
    failures = models.IntegerField(default=0, editable=False)
    paused_until = models.DateTimeField(default=timezone.now, editable=False)
    last_error = models.CharField(max_length=300, blank=True, default="", editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="webhook") & ~Q(url="") | Q(kind__in=["mail", "changes"], url=""),
                name="subscription_url_of_webhook",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        self.update_triggers()

    @transaction.atomic
    def delete(self, *args: Any, **kwargs: Any) -> Any:
        # Otherwise it could get more deliveries after Django has looked for them.
        list(type(self).objects.select_for_update().filter(pk=self.pk))
        deleted = super().delete(*args, **kwargs)
        self.update_triggers()
        return deleted

    def clean(self) -> None:
        if self.kind == self.Kind.WEBHOOK:
            try:
                check_url(self.url)
            except ValidationError as error:
                raise ValidationError({"url": error.messages}) from error
        elif self.kind == self.Kind.MAIL and not settings.PASSWORD_RESET:
            raise ValidationError({"kind": "Set EMAIL_URL first. Without it, mails go to the console."})
        elif self.url:
            raise ValidationError({"url": "Only webhooks have a URL."})
        if is_distributed_table("seats_booking"):  # Such a table can't have triggers.
            raise ValidationError("Notices are not available on a distributed database.")

    @classmethod
    def update_triggers(cls) -> None:
        """Turns the triggers on if there is an active subscription, and otherwise off."""
        if cls.objects.filter(is_active=True).exists():
            triggers.turn_on()
        else:
            triggers.turn_off()


class Notice(models.Model):
    """An event of a booking or a show. A trigger stores it in the transaction that makes the change."""

    event = models.CharField(max_length=20)
    # Equal for all bookings that one call sold or cancelled, so that they become one mail.
    call = models.CharField(max_length=100)
    data = models.JSONField()
    created_at = models.DateTimeField()
    # `dispatch` numbers committed notices from 1; null before that. Clients can't go by ids instead, because a
    # transaction that commits later may have a smaller id.
    position = models.BigIntegerField(null=True, unique=True)

    class Meta:
        ordering = ["position"]
        indexes = [
            models.Index(fields=["id"], condition=Q(position=None), name="notice_without_position"),
            models.Index(fields=["call"], name="notice_by_call"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.pk}"


class Delivery(models.Model):
    """The delivery of one notice to one subscription: waiting, delivered or given up."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        GIVEN_UP = "given_up"

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    attempts = models.IntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    last_error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["subscription", "notice"], name="one_delivery_per_notice"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "delivered", "given_up"]), name="delivery_state_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["subscription", "next_at"], condition=Q(state="waiting"), name="delivery_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.notice} to {self.subscription}"


@contextmanager
def no_notices() -> Iterator[None]:
    """Makes the current transaction store no notices, because loaded bookings are not new.

    It deactivates all subscriptions until the end, also those that are loaded. Other transactions don't see it.
    """
    active = set(Subscription.objects.filter(is_active=True).values_list("pk", flat=True))

    def deactivate(instance: Subscription, **kwargs: Any) -> None:
        (active.add if instance.is_active else active.discard)(instance.pk)
        Subscription.objects.filter(pk=instance.pk).update(is_active=False)

    Subscription.objects.filter(pk__in=active).update(is_active=False)
    post_save.connect(deactivate, sender=Subscription)
    try:
        yield
    finally:
        post_save.disconnect(deactivate, sender=Subscription)
    Subscription.objects.filter(pk__in=active).update(is_active=True)
