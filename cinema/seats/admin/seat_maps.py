"""Seat maps in the admin, where staff block seats and cancel bookings."""

from collections import Counter
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse

from cinema.api.folded_search import FoldedSearchMixin
from cinema.seats.admin.actions import can_cancel_bookings, cancel_bookings, confirm_cancel
from cinema.seats.admin.drawn_seats import draw_seats, posted_numbers, seats_with_status
from cinema.seats.admin.holders import holders
from cinema.seats.booking.statements import block, unblock
from cinema.seats.models import Booking, Hall
from cinema.shows.admin.occupancy import OccupancyAdminMixin
from cinema.shows.models import Show

User = get_user_model()


@admin.register(Hall)
class HallAdmin(FoldedSearchMixin, OccupancyAdminMixin):
    """Draws the seat map of a show instead of a form.

    Staff tick seats to block them, to unblock them, or to cancel their bookings.
    """

    list_display = ["movie", "screen_name", "date_time", "status", "occupancy"]
    list_filter = ["status", "screen_name", "date_time"]
    list_select_related = ["movie"]
    search_fields = ["movie__title_folded__contains", "screen_folded__contains"]

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
        if request.method == "POST":
            return self._handle_action(request, show)
        return self._render_map(request, show)

    def _render_map(self, request: HttpRequest, show: Show) -> HttpResponse:
        seats = seats_with_status(show)
        seat_holders = holders(show, seats) if self._can_view(request, Booking) else {}
        for seat in seats:
            seat.note = seat.block_reason or str(seat_holders.get(seat.number, ""))
        can_block = self.has_change_permission(request, show)
        can_cancel = can_cancel_bookings(request)
        tickable = ({"available", "blocked"} if can_block else set()) | ({"taken"} if can_cancel else set())
        context = {
            **self.admin_site.each_context(request),
            "title": f"Seats of {show}",
            "show": show,
            "can_view": {
                model._meta.model_name: self._can_view(request, model) for model in (Booking, Show, User)
            },
            "drawing": draw_seats(show, seats),
            "counts": Counter(seat.status for seat in seats),
            "holders": seat_holders.values(),
            "can_block": can_block,
            "can_cancel": can_cancel,
            "tickable": tickable,
        }
        return TemplateResponse(request, "admin/seats/hall.html", context)

    def _can_view(self, request: HttpRequest, model: type[Model]) -> bool:
        return self.admin_site.get_model_admin(model).has_view_permission(request)

    def _handle_action(self, request: HttpRequest, show: Show) -> HttpResponse:
        action = request.POST.get("act")
        cancels = action in ("cancel", "cancel_listed")
        if not (can_cancel_bookings(request) if cancels else self.has_change_permission(request, show)):
            raise PermissionDenied
        if action == "cancel":
            return self._confirm_cancel(request, show)
        if action == "cancel_listed":
            self._cancel_listed(request, show)
        elif action in ("block", "unblock"):
            self._block_or_unblock(request, show)
        return HttpResponseRedirect(request.get_full_path())

    @transaction.atomic
    def _block_or_unblock(self, request: HttpRequest, show: Show) -> None:
        ticked = posted_numbers(request, "seats")
        if request.POST["act"] == "block":
            reason = request.POST.get("reason", "").replace("\x00", "").strip()
            changed = block(show_id=show.pk, seat_numbers=ticked, reason=reason[:200])
            done, obstacle = "blocked", "taken, held or already blocked"
        else:
            changed, done, obstacle = unblock(show_id=show.pk, seat_numbers=ticked), "unblocked", "not blocked"
            if show.is_cancelled:
                obstacle = "of a show that was called off"
        if unchanged := len(ticked) - len(changed):
            problem = "it is" if unchanged == 1 else "they are"
            messages.warning(request, f"{_seats(unchanged)} could not be {done}, because {problem} {obstacle}.")
        messages.success(request, f"{_seats(len(changed))} {done}.")
        self.log_change(request, show, f"{_seats(len(changed))} {done}: {changed}")

    def _confirm_cancel(self, request: HttpRequest, show: Show) -> HttpResponse:
        ticked = posted_numbers(request, "seats")
        live = Booking.objects.live().filter(show=show, seat_number__in=ticked)
        bookings: list[Any] = list(live.with_details().select_related("user").order_by("seat_number"))
        if not bookings:
            messages.warning(request, "None of the ticked seats is taken. Tick taken seats to cancel bookings.")
            return HttpResponseRedirect(request.get_full_path())
        skipped = len(ticked) - len(bookings)
        have = "is not taken and has" if skipped == 1 else "are not taken and have"
        return confirm_cancel(
            self,
            request,
            bookings,
            ids_name="bookings",
            form={"act": "cancel_listed"},
            title=f"Cancel bookings of {show}",
            back=request.get_full_path(),
            show=show,
            skipped=skipped and f"{skipped} of the ticked seats {have} no booking to cancel.",
        )

    def _cancel_listed(self, request: HttpRequest, show: Show) -> None:
        listed = posted_numbers(request, "bookings")
        of_show = Booking.objects.filter(show=show, pk__in=listed).values_list("pk", flat=True)
        if skipped := len(listed) - len(of_show):
            bookings = f"{skipped} booking{pluralize(skipped)}"
            messages.warning(request, f"Skipped {bookings} of another show. Cancel them on its seat map.")
        if cancelled := cancel_bookings(self, request, of_show):
            bookings = f"{len(cancelled)} booking{pluralize(len(cancelled))}"
            self.log_change(request, show, f"{bookings} cancelled: {cancelled}")


def _seats(count: int) -> str:
    return f"{count} seat{pluralize(count)}"
