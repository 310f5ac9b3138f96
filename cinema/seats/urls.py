from django.urls import path

from cinema.seats.api import (
    bookings,
    call_off,
    config,
    door,
    events,
    holds,
    moves,
    reports,
    seat_maps,
    tickets,
    till,
)

urlpatterns = [
    path("shows/<id:show_id>/seats/", seat_maps.SeatMap.as_view(), name="seat-map"),
    path("shows/<id:show_id>/availability/", seat_maps.Availability.as_view(), name="availability"),
    path("shows/<id:show_id>/events/", events.Events.as_view(), name="events"),
    path("config/", config.Config.as_view(), name="config"),
    path("events/", events.EventsOfShows.as_view(), name="events-of-shows"),
    path("shows/<id:show_id>/hold/", holds.HoldView.as_view(), name="hold"),
    path("shows/<id:show_id>/hold/book/", holds.BookHold.as_view(), name="book-hold"),
    path("shows/<id:show_id>/cancel/", call_off.CallOff.as_view(), name="call-off"),
    path("shows/<id:show_id>/book/", bookings.Book.as_view(), name="book"),
    path("shows/<id:show_id>/sell/", till.Sell.as_view(), name="sell"),
    path("shows/<id:show_id>/admit/", door.Admit.as_view(), name="admit"),
    path("shows/<id:show_id>/guests/", reports.Guests.as_view(), name="guests"),
    path("reports/sales/", reports.SalesReport.as_view(), name="sales"),
    path("my-bookings/", bookings.MyBookings.as_view(), name="my-bookings"),
    path("bookings/<id:booking_id>/", bookings.BookingDetail.as_view(), name="booking"),
    path("bookings/<id:booking_id>/cancel/", bookings.Cancel.as_view(), name="cancel"),
    path("bookings/<id:booking_id>/move/", moves.Move.as_view(), name="move"),
    path("bookings/<id:booking_id>/ticket.svg", tickets.TicketCode.as_view(), name="ticket-code"),
    path("bookings/<id:booking_id>/ticket.ics", tickets.TicketCalendar.as_view(), name="ticket-calendar"),
]
