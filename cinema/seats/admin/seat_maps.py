"""Halls in the admin, drawn: the seat map of a show, where staff block seats, and cancel bookings."""

from collections import Counter
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from cinema.seats.admin.actions import can_cancel_bookings, cancel_bookings
from cinema.seats.admin.holders import holders, person, with_holders
from cinema.seats.admin.svg import drawing
from cinema.seats.booking.statements import block, unblock
from cinema.seats.models import Booking, Hall, Seat
from cinema.shows.admin.lookups import LookupErrorsHandled
from cinema.shows.admin.occupancy import OccupancyAdminMixin
from cinema.shows.models import Show

User = get_user_model()


@admin.register(Hall)
class HallAdmin(OccupancyAdminMixin, LookupErrorsHandled):
    """The seats of a show on the map of their hall. Ticked ones are taken out of sale, given back, or
    their bookings are cancelled."""

    list_display = ["movie", "screen_name", "date_time", "occupancy"]
    list_filter = ["screen_name", "date_time"]
    list_select_related = ["movie"]
    search_fields = ["movie__title", "screen_name"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changeform_view(self, request: HttpRequest, object_id: Any = None, *args: Any, **kwargs: Any) -> Any:
        show = self.get_object(request, unquote(object_id or ""))
        if show is None:
            raise Http404
        if not self.has_view_or_change_permission(request, show):
            raise PermissionDenied
        return self._act(request, show) if request.method == "POST" else self._draw(request, show)

    def _draw(self, request: HttpRequest, show: Show) -> HttpResponse:
        seats = list(with_holders(Seat.objects.filter(show=show).with_held().order_by("number")))
        for seat in seats:
            seat.status = (
                "taken" if seat.taken else "blocked" if seat.blocked else "held" if seat.held else "available"
            )
        people = holders(show, seats) if self._may_see(request, Booking) else {}
        for seat in seats:
            seat.note = seat.block_reason or str(people.get(seat.number, ""))
        may_change = self.has_change_permission(request, show)
        tickable = {"available", "blocked"} if may_change else set()
        context = {
            "title": f"Seats of {show}",
            "drawing": drawing(seats),
            "counts": Counter(seat.status for seat in seats),
            "people": people.values(),
            "may_change": may_change,
            "can_cancel_bookings": can_cancel_bookings(request),
            "tickable": tickable | {"taken"} if can_cancel_bookings(request) else tickable,
        }
        return self._page(request, show, "hall", context)

    def _page(self, request: HttpRequest, show: Show, name: str, context: dict[str, Any]) -> HttpResponse:
        may_see = {model._meta.model_name: self._may_see(request, model) for model in (Booking, Show, User)}
        context = {**self.admin_site.each_context(request), "show": show, "may_see": may_see, **context}
        return TemplateResponse(request, f"admin/seats/{name}.html", context)

    def _may_see(self, request: HttpRequest, model: type[Model]) -> bool:
        return self.admin_site.get_model_admin(model).has_view_permission(request)

    def _act(self, request: HttpRequest, show: Show) -> HttpResponse:
        act = request.POST.get("act")
        cancels = act in ("cancel", "cancel_listed")
        if not (can_cancel_bookings(request) if cancels else self.has_change_permission(request, show)):
            raise PermissionDenied
        if act == "cancel":
            return self._ask_to_cancel(request, show)
        if act == "cancel_listed":
            self._cancel_listed(request, show)
        elif act in ("block", "unblock"):
            self._block_or_unblock(request, show)
        return HttpResponseRedirect(request.get_full_path())

    @transaction.atomic
    def _block_or_unblock(self, request: HttpRequest, show: Show) -> None:
        ticked = _numbers(request, "seats")
        if request.POST["act"] == "block":
            reason = request.POST.get("reason", "").replace("\x00", "").strip()
            done, what = block(show_id=show.pk, seat_numbers=ticked, reason=reason[:200]), "blocked"
        else:
            done, what = unblock(show_id=show.pk, seat_numbers=ticked), "given back"
        if len(done) < len(ticked):
            left = len(ticked) - len(done)
            messages.warning(
                request, f"{left} of the ticked seats could not be {what}: sold, held, or so already."
            )
        messages.success(request, f"{len(done)} seat{'' if len(done) == 1 else 's'} {what}.")
        self.log_change(request, show, f"{len(done)} seats {what}: {done}")

    def _ask_to_cancel(self, request: HttpRequest, show: Show) -> HttpResponse:
        """Lists the bookings themselves: a seat may be sold to another while staff think about it."""
        ticked = _numbers(request, "seats")
        live = Booking.objects.live().filter(show=show, seat_number__in=ticked)
        bookings: list[Any] = list(live.with_details().select_related("user").order_by("seat_number"))
        if not bookings:
            messages.warning(request, "None of the ticked seats is sold: there is nothing to cancel.")
            return HttpResponseRedirect(request.get_full_path())
        for booking in bookings:
            booking.person = person(booking.user.username, booking.user.email)
        context = {
            "title": f"Cancel bookings of {show}",
            "bookings": bookings,
            "unsold": len(ticked) - len(bookings),
        }
        return self._page(request, show, "cancel_confirmation", context)

    def _cancel_listed(self, request: HttpRequest, show: Show) -> None:
        listed = _numbers(request, "bookings")
        theirs = Booking.objects.filter(show=show, pk__in=listed).values_list("pk", flat=True)
        if strangers := len(listed) - len(theirs):
            messages.warning(request, f"{strangers} of the listed are no bookings of this show.")
        if cancelled := cancel_bookings(request, theirs):
            self.log_change(request, show, f"{len(cancelled)} bookings cancelled: {cancelled}")


def _numbers(request: HttpRequest, name: str) -> list[int]:
    """The numbers sent by that name, each once; without what is no number, or too long for the database."""
    sent = request.POST.getlist(name)
    return sorted({int(number) for number in sent if number.isdecimal() and len(number) < 10})
