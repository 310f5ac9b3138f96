from django.urls import path

from . import event_views, hold_views, views

urlpatterns = [
    path("shows/<id:show_id>/seats/", views.SeatMap.as_view(), name="seat-map"),
    path("shows/<id:show_id>/availability/", views.Availability.as_view(), name="availability"),
    path("shows/<id:show_id>/events/", event_views.Events.as_view(), name="events"),
    path("shows/<id:show_id>/hold/", hold_views.HoldView.as_view(), name="hold"),
    path("shows/<id:show_id>/hold/book/", hold_views.BookHold.as_view(), name="book-hold"),
    path("shows/<id:show_id>/book/", views.Book.as_view(), name="book"),
    path("my-bookings/", views.MyBookings.as_view(), name="my-bookings"),
    path("bookings/<id:booking_id>/cancel/", views.Cancel.as_view(), name="cancel"),
]
