"""The till in the admin: staff sell seats of a show to a guest, then print the tickets."""

from typing import Any
from uuid import uuid4

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import path, reverse
from rest_framework.exceptions import APIException

from cinema.api.bidi import isolate
from cinema.api.money import currency_digits, format_amount
from cinema.seats.admin.drawn_seats import draw_seats, posted_numbers, seats_with_status
from cinema.seats.booking.till import sell
from cinema.seats.exceptions import IdempotencyKeyReused
from cinema.seats.models import MAX_GUEST_NAME_LENGTH, Booking
from cinema.seats.seat_map.queries import show_snapshot
from cinema.seats.tickets.qr import inline_qr_svg
from cinema.shows.exceptions import join_first
from cinema.shows.messages import problem_message
from cinema.shows.models import Show


def can_sell(request: HttpRequest) -> bool:
    """Tells whether the user may sell, as with the API's `sell/`, and see the tickets afterwards."""
    return request.user.has_perms(["seats.sell_seats", "seats.view_booking"])


class SaleForm(forms.Form):
    """The fields of a sale except the seats. Each form has its own `key`, so that it sells at most once."""

    guest_name = forms.CharField(
        required=False,
        max_length=MAX_GUEST_NAME_LENGTH,
        label="Guest's name",
        help_text="Optional. It helps to find the order again.",
    )
    also_blocked = forms.BooleanField(required=False, label="Also sell blocked seats")
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)


class TillPagesMixin(admin.ModelAdmin):
    """Adds the pages to the admin of bookings."""

    def get_urls(self) -> Any:
        admin_view = self.admin_site.admin_view
        return [
            path("sell/<id:show_id>/", admin_view(self.sell_view), name="seats_booking_sell"),
            path("tickets/<id:booking_id>/", admin_view(self.tickets_view), name="seats_booking_tickets"),
            *super().get_urls(),
        ]

    def sell_view(self, request: HttpRequest, show_id: int) -> HttpResponse:
        if not can_sell(request):
            raise PermissionDenied
        show = Show.objects.select_related("movie").filter(pk=show_id).first()
        if show is None:
            raise Http404
        form = SaleForm(
            request.POST if request.method == "POST" else None, initial={"key": uuid4()}, label_suffix=""
        )
        seats = seats_with_status(show)
        if form.is_valid() and (bookings := self._sell(request, form, show, seats)):
            return HttpResponseRedirect(reverse("admin:seats_booking_tickets", args=[bookings[0].pk]))
        return self._render_sale(request, form, show, seats)

    def _sell(self, request: HttpRequest, form: SaleForm, show: Show, seats: list[Any]) -> list[Booking]:
        """Sells the ticked seats. After a problem it adds a message and returns []."""
        numbers = posted_numbers(request, "seats")
        if not numbers:
            messages.error(request, "Nothing was sold. Choose at least one seat.")
            return []
        kinds = {number: request.POST.get(f"kind_{number}", "") for number in numbers}
        try:
            bookings = sell(
                clerk_id=int(str(request.user.pk)),
                show_id=show.pk,
                seat_numbers=numbers,
                guest_name=form.cleaned_data["guest_name"],
                key=form.cleaned_data["key"],
                kinds={number: kind for number, kind in kinds.items() if kind},
                also_blocked=form.cleaned_data["also_blocked"],
            )
        except IdempotencyKeyReused:
            form.data = {**form.data.dict(), "key": str(uuid4())}  # type: ignore[attr-defined]
            reason = "This form has already sold other seats. Check the seats, and sell again."
        except APIException as problem:
            # Some problems have the numbers of the seats, but the clerk knows their labels.
            named = set(getattr(problem, "extra", {}).get("seats", []))
            labels = [isolate(seat.label) for seat in seats if seat.number in named]
            reason = f"{join_first(labels)}: {problem_message(problem)}" if labels else problem_message(problem)
        else:
            sold = f"{len(bookings)} seat{pluralize(len(bookings))}"
            messages.success(request, f"{sold} sold{_for_total(bookings)}.")
            return bookings
        messages.error(request, f"Nothing was sold. {reason}")
        seats[:] = seats_with_status(show)
        return []

    def _render_sale(
        self, request: HttpRequest, form: SaleForm, show: Show, seats: list[Any]
    ) -> TemplateResponse:
        snapshot = show_snapshot(show.pk)
        categories = dict.fromkeys(seat.category for seat in seats)
        prices = snapshot.price_table(categories) if snapshot else None
        for seat in seats:
            seat.note = _price_note(seat, prices) if seat.status == "available" else seat.block_reason
        context = {
            "title": "Sell to a guest",
            "opts": self.opts,
            "show": show,
            "form": form,
            "prices": prices and prices | {"digits": currency_digits(settings.CURRENCY)},
            "drawing": draw_seats(show, seats),
            "available": sum(seat.status == "available" for seat in seats),
            "tickable": {"available", "blocked"},
            "ticked": set(posted_numbers(request, "seats")),
            "kinds": {name: value for name, value in request.POST.items() if name.startswith("kind_")},
            **self.admin_site.each_context(request),
        }
        return TemplateResponse(request, "admin/seats/sell.html", context)

    def tickets_view(self, request: HttpRequest, booking_id: int) -> HttpResponse:
        """The tickets of all live bookings of the booking's order, to print."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        booking = Booking.objects.filter(pk=booking_id).first()
        if booking is None:
            raise Http404
        # Two orders of different shows may have the same code. A booking of an older version has none.
        of_order = {"order": booking.order} if booking.order else {"pk": booking.pk}
        bookings: list[Any] = list(
            Booking.objects.live()
            .filter(show=booking.show_id, **of_order)
            .with_details()
            .select_related("user")
            .order_by("seat_number")
        )
        for ticket in bookings:
            ticket.svg = inline_qr_svg(ticket.ticket, f"Code of booking {ticket.pk}")
            ticket.price = format_amount(ticket.amount, ticket.currency) if ticket.currency else ""
        context = {
            "title": f"Tickets of order {booking.order}" if booking.order else "Ticket",
            "opts": self.opts,
            "cinema_name": settings.CINEMA_NAME,
            "booking": booking,
            "bookings": bookings,
            "can_sell": can_sell(request),
            **self.admin_site.each_context(request),
        }
        return TemplateResponse(request, "admin/seats/tickets.html", context)


def _for_total(bookings: list[Booking]) -> str:
    """The total price as the end of a sentence, or "" if the show has no prices."""
    amounts = [booking.amount for booking in bookings if booking.amount is not None]
    currency = bookings[0].currency
    return f" for {format_amount(sum(amounts), currency)}" if currency else ""


def _price_note(seat: Any, prices: dict[str, Any] | None) -> str:
    """The category and the prices of a seat, for its tooltip on the drawing."""
    amounts = list(prices["by_category"][seat.category].items()) if prices else []
    texts = [f"{kind} {format_amount(amount, settings.CURRENCY)}" for kind, amount in amounts]
    return ", ".join(filter(None, [seat.category, *texts]))
