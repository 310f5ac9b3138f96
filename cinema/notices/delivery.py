"""Sends waiting deliveries.

Each subscription has its own thread, so a receiver that is down delays no other. A delivery is claimed for
`LEASE` before it is sent, and marked as delivered afterwards. If the process is killed in between, it is sent
again when the lease ends. So each is sent at least once, perhaps twice. No transaction is open while a receiver
answers, because on SQLite all sales would wait for it.
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from cinema.notices import mail, webhooks
from cinema.notices.exceptions import NotDelivered
from cinema.notices.models import Delivery, Subscription

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=1)
GIVE_UP_AFTER = timedelta(days=3)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=5)


class Deliverer:
    """`start()` gives each subscription with due deliveries a thread, unless it has one. `stop()` waits for
    running deliveries, and leaves the others to the next deliverer."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(max_workers=32, thread_name_prefix="notices")
        self.running: dict[int, Future[None]] = {}
        self.is_stopping = False

    def start(self) -> bool:
        """Returns whether any thread is running."""
        self.running = {pk: future for pk, future in self.running.items() if not future.done()}
        for pk in set(due().values_list("subscription", flat=True)) - self.running.keys():
            self.running[pk] = self.threads.submit(self._deliver_all, pk)
        return bool(self.running)

    def stop(self) -> None:
        self.is_stopping = True
        self.threads.shutdown()

    def _deliver_all(self, subscription_id: int) -> None:
        try:
            while not self.is_stopping and (delivery := _claim(subscription_id)):
                _deliver(delivery)
        except Exception:
            logger.exception("Notices were not delivered. They will be tried again.")
        finally:
            connection.close()


def due() -> QuerySet[Delivery]:
    now = timezone.now()
    return Delivery.objects.filter(
        state=Delivery.State.WAITING,
        next_at__lte=now,
        subscription__is_active=True,
        subscription__paused_until__lte=now,
    )


def _claim(subscription_id: int) -> Delivery | None:
    """Claims the next due delivery of the subscription, so that nobody else sends it. None if none is due."""
    waiting = due().filter(subscription=subscription_id).select_related("subscription", "notice")
    while delivery := waiting.order_by("notice__position").first():
        free = Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.WAITING, next_at=delivery.next_at)
        if free.update(next_at=timezone.now() + LEASE, attempts=delivery.attempts + 1):
            delivery.attempts += 1
            return delivery
    return None


def _deliver(delivery: Delivery) -> None:
    subscription = delivery.subscription
    try:
        if subscription.kind == Subscription.Kind.MAIL:
            mail.send(delivery.notice)
        else:
            webhooks.send(subscription.url, subscription.secret, delivery.notice)
    except Exception as error:
        _record_failure(delivery, error)
        return
    Delivery.objects.filter(pk=delivery.pk).update(state=Delivery.State.DELIVERED, last_error="")
    if subscription.failures:
        Subscription.objects.filter(pk=subscription.pk).update(failures=0, last_error="")


def _record_failure(delivery: Delivery, error: Exception) -> None:
    now, subscription = timezone.now(), delivery.subscription
    if isinstance(error, NotDelivered):
        message, concerns_all = str(error)[:300], error.concerns_all
    else:
        # The message of the error may name the recipient, so it is neither stored nor logged.
        message, concerns_all = f"It can't be sent: {type(error).__name__}.", False
        logger.error("Notice %s was not delivered: %s", delivery.notice_id, type(error).__name__)
    is_old = delivery.notice.created_at < now - GIVE_UP_AFTER
    Delivery.objects.filter(pk=delivery.pk).update(
        state=Delivery.State.GIVEN_UP if is_old else Delivery.State.WAITING,
        next_at=now + _pause(delivery.attempts),
        last_error=message,
    )
    if concerns_all:
        failures = subscription.failures + 1
        Subscription.objects.filter(pk=subscription.pk).update(
            failures=failures, paused_until=now + _pause(failures), last_error=message
        )


def _pause(failures: int) -> timedelta:
    return min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
