from django.urls import path

from cinema.seats.api import bookings, config, events, holds, seat_maps

urlpatterns = [
    path("shows/<id:show_id>/seats/", seat_maps.SeatMap.as_view(), name="seat-map"),
    path("shows/<id:show_id>/availability/", seat_maps.Availability.as_view(), name="availability"),
    path("shows/<id:show_id>/events/", events.Events.as_view(), name="events"),
    path("config/", config.Config.as_view(), name="config"),
    path("events/", events.EventsOfShows.as_view(), name="events-of-shows"),
    path("shows/<id:show_id>/hold/", holds.HoldView.as_view(), name="hold"),
    path("shows/<id:show_id>/hold/book/", holds.BookHold.as_view(), name="book-hold"),
    path("shows/<id:show_id>/book/", bookings.Book.as_view(), name="book"),
    path("my-bookings/", bookings.MyBookings.as_view(), name="my-bookings"),
    path("bookings/<id:booking_id>/", bookings.BookingDetail.as_view(), name="booking"),
    path("bookings/<id:booking_id>/cancel/", bookings.Cancel.as_view(), name="cancel"),
]
