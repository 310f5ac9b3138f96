"""The admin of users, which refuses to delete users with upcoming bookings.

`cinema.auth` can't refuse it itself, because it must not import `cinema.seats`.
"""

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpRequest

from cinema.auth.admin import CinemaUserAdmin
from cinema.seats.booking.end_sales import lock_sales
from cinema.seats.models import Booking
from cinema.shows.admin.shows import ProblemMessagesMixin
from cinema.shows.exceptions import HasBookings

User = get_user_model()
admin.site.unregister(User)


@admin.register(User)
class BuyerAdmin(ProblemMessagesMixin, CinemaUserAdmin):
    """Refuses to delete a user with live bookings of upcoming shows: their seats would be sold again."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        refuse_to_delete_buyers([obj.pk])
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        refuse_to_delete_buyers(queryset.values_list("pk", flat=True))
        super().delete_queryset(request, queryset)


@transaction.atomic
def refuse_to_delete_buyers(user_ids: Collection[int]) -> None:
    """Raises `HasBookings`. It locks the users' sales first, so that none of them books until the delete."""
    names = dict(User.objects.filter(pk__in=list(user_ids)).order_by("pk").values_list("pk", "username"))
    for user_id in names:
        lock_sales(user_id)
    upcoming = Booking.objects.live().of_upcoming_shows().filter(user__in=names)
    if buyer := upcoming.order_by("user").values_list("user", flat=True).first():
        raise HasBookings(
            f"{names[buyer]} has live bookings of upcoming shows. "
            "Cancel them first, or deactivate the user instead."
        )
