"""Numbers committed notices, and creates their deliveries."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Exists, Max, Min, OuterRef
from django.utils import timezone

from cinema.notices.models import Delivery, Notice, Subscription

# The number of an advisory lock. Other advisory locks of the project have other numbers.
OUTBOX_LOCK = 1_869_968_504
MAX_AT_ONCE = 1000
KEPT = timedelta(days=30)


def dispatch() -> int:
    """Gives new notices their positions, and creates their deliveries. Returns the number of notices.

    Only one transaction does this at a time. A notice that commits later gets a later position, whatever its
    id. So a client that has read up to a position has missed no notice.
    """
    if not Notice.objects.filter(position=None).exists():
        return 0
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [OUTBOX_LOCK])
        last = Notice.objects.aggregate(last=Max("position"))["last"] or 0
        earlier = Notice.objects.filter(event=OuterRef("event"), call=OuterRef("call"), pk__lt=OuterRef("pk"))
        found = Notice.objects.filter(position=None).annotate(is_first=~Exists(earlier)).order_by("pk")
        notices = list(found[:MAX_AT_ONCE])
        for position, notice in enumerate(notices, start=last + 1):
            notice.position = position
        Notice.objects.bulk_update(notices, ["position"], batch_size=200)
        Delivery.objects.bulk_create(_deliveries(notices), batch_size=200)
    return len(notices)


# Until the deliveries are stored, nobody can delete their subscription.
RECEIVERS = "SELECT * FROM notices_subscription WHERE is_active AND kind <> 'changes'"
if connection.vendor == "postgresql":
    RECEIVERS += " FOR KEY SHARE"


def _deliveries(notices: Iterable[Notice]) -> Iterable[Delivery]:
    for subscription in Subscription.objects.raw(RECEIVERS):
        for notice in notices:
            if subscription.kind == Subscription.Kind.WEBHOOK or _is_mailed(notice):
                yield Delivery(subscription=subscription, notice=notice)


def _is_mailed(notice: Notice) -> bool:
    """One mail is enough for a call that sells or cancels several seats. A guest has no address."""
    is_first = notice.is_first or notice.event == "booking.moved"  # type: ignore[attr-defined]
    return is_first and notice.data.get("user") is not None


def delete_old() -> None:
    """Deletes notices after `KEPT`. The last one stays, because the next position follows from it."""
    last = Notice.objects.aggregate(last=Max("position"))["last"]
    Notice.objects.filter(created_at__lt=timezone.now() - KEPT).exclude(position=last).delete()


def oldest_waiting_seconds() -> float:
    """The age of the oldest notice that has no position, or a delivery that waits; 0 if there is none."""
    waiting = Delivery.objects.filter(state=Delivery.State.WAITING, subscription__is_active=True)
    times = [
        Notice.objects.filter(position=None).aggregate(first=Min("created_at"))["first"],
        waiting.aggregate(first=Min("notice__created_at"))["first"],
    ]
    now = timezone.now()
    return max((now - time).total_seconds() for time in [*filter(None, times), now])
