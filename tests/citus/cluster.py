"""The database of `make citus`: what is done beside the API."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from cinema.seats.booking import services
from cinema.seats.citus import has_citus
from cinema.seats.models import Booking
from cinema.seats.sql.distributed import is_distributed

PASSWORD = "plum-tart-42"


class Cluster:
    def __init__(self) -> None:
        with connection.cursor() as cursor:
            self.has_citus = has_citus(cursor)

    def versions(self) -> str:
        texts = [self.value("SHOW server_version")]
        if self.has_citus:
            texts = [f"PostgreSQL {texts[0]}", self.value("SELECT citus_version()")]
            return ", ".join([*texts, f"{self.value('SELECT COUNT(*) FROM pg_dist_node')} nodes"])
        return f"PostgreSQL {texts[0]}, without Citus"

    def value(self, sql: str) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]

    def is_empty(self) -> bool:
        return self.value("SELECT to_regclass('django_migrations') IS NULL")

    def prepare(self) -> None:
        call_command("migrate", verbosity=0)
        if self.has_citus:
            call_command("distribute_by_show")
            # So that the coordinator has the new settings of the database.
            connection.close()
        # With ids that the database gives, which a cluster without its coordinator refuses.
        call_command("loaddata", "demo", verbosity=0)
        print(f"distributed: {'yes' if is_distributed() else 'no'}; the demo is loaded", flush=True)

    def create_users(self, count: int, name: str = "user") -> list[Any]:
        """The first one of `user` is a superuser."""
        User = get_user_model()
        users = [User.objects.create_user(f"{name}{number}", password=PASSWORD) for number in range(count)]
        if name == "user":
            boss = User.objects.create_superuser("boss", password=PASSWORD)
            return [boss, *users]
        return users

    def delete_in_admin(self, user: Any, check: Callable[[str, Any, Any], None]) -> None:
        """A user with upcoming bookings is refused with a message; after a cancel, the user is deleted."""
        client = Client(raise_request_exception=False, headers={"host": "localhost"})
        client.force_login(get_user_model().objects.get(username="boss"))
        page = reverse("admin:auth_user_delete", args=[user.pk])
        answer = client.post(page, {"post": "yes"}, follow=True)
        check("deleting a buyer in the admin", 200, answer.status_code)
        check("the buyer is still there", True, get_user_model().objects.filter(pk=user.pk).exists())
        for booking in Booking.objects.filter(user=user.pk):
            services.cancel(booking_id=booking.pk)
        answer = client.post(page, {"post": "yes"}, follow=True)
        check("deleting a former buyer in the admin", 200, answer.status_code)
        check("the former buyer is gone", False, get_user_model().objects.filter(pk=user.pk).exists())

    def check(self, sold: set[int], check: Callable[[str, Any, Any], None]) -> str:
        """Compares the database with what the API has confirmed. Returns a summary."""
        live = set(Booking.objects.live().values_list("pk", flat=True))
        check("sales that are lost", set(), sold - live)
        call_command("check_seats")
        # A sale whose answer was 503 may have happened.
        lost, others = len(sold - live), len(live - sold)
        return f"{len(sold)} sales confirmed, {lost} lost, {others} without an answer of 201"
