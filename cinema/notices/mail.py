"""Mails a notice to the user of its booking."""

from datetime import datetime
from smtplib import SMTPException, SMTPRecipientsRefused

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import send_mail
from django.utils import timezone

from cinema.api.money import format_amount
from cinema.notices.exceptions import NotDelivered
from cinema.notices.models import Notice

SUBJECTS = {
    "booking.confirmed": "your booking",
    "booking.cancelled": "your booking is cancelled",
    "booking.moved": "your seat has changed",
}
CALLED_OFF = "a show is called off"
TEXT = """\
Hello {username},

{what}

{title}
{when}
{screen_name}
Seats: {seats}
{more}
"""


def send(notice: Notice) -> None:
    """Mails the notice. Raises `NotDelivered` if a later attempt may succeed.

    Sends nothing if the account was deleted or has no address, or if the mail server refuses the address
    permanently.
    """
    user = get_user_model().objects.filter(pk=notice.data["user"], is_active=True).first()
    if user is None or not user.email:
        return
    subject, text = _mail(notice, user.get_username())
    try:
        send_mail(f"{settings.CINEMA_NAME}: {subject}", text, None, [user.email])
    except SMTPRecipientsRefused as error:
        if any(status < 500 for status, _ in error.recipients.values()):
            raise NotDelivered("The mail server refuses this address for now.", concerns_all=False) from error
    except (OSError, SMTPException) as error:
        # The message of the error may name the recipient, so it is neither stored nor logged.
        raise NotDelivered(f"The mail server did not take the mail: {type(error).__name__}.") from error


def _mail(notice: Notice, username: str) -> tuple[str, str]:
    data = notice.data
    bookings = [data]
    if notice.event != "booking.moved":
        of_call = Notice.objects.filter(event=notice.event, call=notice.call).order_by("pk")
        bookings = list(of_call.values_list("data", flat=True))
    labels = [booking["seat_label"] for booking in bookings]
    subject, what, more = SUBJECTS[notice.event], "You have booked:", ""
    if notice.event == "booking.moved":
        what = f"Your seat is now {data['seat_label']} instead of {data['old_seat_label']}:"
    elif notice.event == "booking.cancelled":
        what = "Your booking is cancelled:"
        if data["cancelled_because"] == "show_cancelled":
            subject = CALLED_OFF
            what = f"This show is called off, and your booking is cancelled. {data['cancel_reason']}".rstrip()
    if amounts := [booking["amount"] for booking in bookings if booking["amount"] is not None]:
        more += f"Price: {format_amount(sum(amounts), data['currency'])}\n"
    if data["order"]:
        more += f"Order: {data['order']}\n"
    when = timezone.localtime(datetime.fromisoformat(data["date_time"]))
    return subject, TEXT.format(
        username=username,
        what=what,
        title=data["title"],
        screen_name=data["screen_name"],
        when=f"{when:%Y-%m-%d %H:%M} ({settings.TIME_ZONE})",
        seats=", ".join(labels),
        more=more,
    )
