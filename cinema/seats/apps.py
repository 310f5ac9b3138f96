from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_delete, post_migrate, post_save, pre_delete, pre_save

from cinema.api.folded_field import update_folded_fields


class SeatsConfig(AppConfig):
    name = "cinema.seats"
    verbose_name = "Seats and bookings"

    def ready(self) -> None:
        from cinema.seats import receivers

        post_migrate.connect(update_folded_fields, sender=self, dispatch_uid="seats.update_folded_fields")
        pre_save.connect(receivers.remember_old_screen, sender="shows.Show", dispatch_uid="seats.note_screen")
        post_save.connect(receivers.lay_out_seats, sender="shows.Show", dispatch_uid="seats.lay_out_seats")
        # After the show has its seats, so connected last.
        post_save.connect(
            receivers.call_off_cancelled_show, sender="shows.Show", dispatch_uid="seats.show_called_off"
        )

        pre_delete.connect(
            receivers.protect_live_bookings, sender="shows.Show", dispatch_uid="seats.show_deleted"
        )
        pre_delete.connect(
            receivers.end_sales_of_user,
            sender=settings.AUTH_USER_MODEL,
            dispatch_uid="seats.user_deleted",
        )
        pre_save.connect(
            receivers.remember_old_seat, sender="seats.Booking", dispatch_uid="seats.booking_saving"
        )
        for signal, when in ((post_save, "saved"), (post_delete, "deleted")):
            dispatch_uid = f"seats.booking_{when}"
            signal.connect(
                receivers.sync_seats_after_booking, sender="seats.Booking", dispatch_uid=dispatch_uid
            )
