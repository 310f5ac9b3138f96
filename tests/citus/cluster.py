"""The database of `make citus`: what is done beside the API."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from tempfile import NamedTemporaryFile
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cinema.notices.models import Subscription
from cinema.seats.booking import services
from cinema.seats.citus import has_citus, plan
from cinema.seats.models import Booking
from cinema.seats.sql.distributed import is_distributed
from cinema.shows.models import Show

PASSWORD = "plum-tart-42"
Check = Callable[[str, Any, Any], None]
COMMANDS = [
    ("migrate", "--check"),
    ("check_seats",),
    ("check_seats", "--fix"),
    ("lay_out_seats",),
    ("archive_shows", "--dry-run"),
    ("archive_shows",),
    ("archive_shows", "--delete"),
    ("dumpdata", "--natural-foreign"),
    ("loaddata", "demo"),
    ("clearsessions",),
    ("flushexpiredtokens",),
]


class Cluster:
    def __init__(self) -> None:
        with connection.cursor() as cursor:
            self.has_citus = has_citus(cursor)

    def versions(self) -> str:
        texts = [self.value("SHOW server_version")]
        if self.has_citus:
            texts = [f"PostgreSQL {texts[0]}", self.value("SELECT citus_version()").split(" on ")[0]]
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

    def create_user(self, name: str) -> Any:
        return get_user_model().objects.create_user(name, password=PASSWORD)

    def import_plan(self, screen: str, plan: str) -> None:
        with NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(plan)
            file.flush()
            call_command("import_plan", file.name, screen=screen, stdout=StringIO())

    def admin(self, buyer: Any, known: dict[str, Any], check: Check) -> None:
        """Logs in, opens each list, cancels a booking, and deletes a user."""
        client = self.log_in_to_admin(check)
        for model in admin.site._registry:
            page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            for query in ("", "?q=a"):
                check(f"{page}{query}", 200, client.get(page + query, follow=True).status_code)
        show = reverse("admin:shows_show_change", args=[known["show"]])
        check(show, 200, client.get(show).status_code)
        self._delete_in_admin(client, buyer, check)

    def log_in_to_admin(self, check: Check) -> Client:
        client = Client(raise_request_exception=False, headers={"host": "localhost"})
        answer = client.post(reverse("admin:login"), {"username": "boss", "password": PASSWORD})
        check("log-in to the admin", 302, answer.status_code)
        return client

    def _delete_in_admin(self, client: Client, user: Any, check: Check) -> None:
        """A user with upcoming bookings is refused with a message; after a cancel, the user is deleted."""
        page = reverse("admin:auth_user_delete", args=[user.pk])
        answer = client.post(page, {"post": "yes"}, follow=True)
        check("deleting a buyer in the admin", 200, answer.status_code)
        check("the buyer is still there", True, get_user_model().objects.filter(pk=user.pk).exists())
        for booking in Booking.objects.filter(user=user.pk):
            services.cancel(booking_id=booking.pk)
        answer = client.post(page, {"post": "yes"}, follow=True)
        check("deleting a former buyer in the admin", 200, answer.status_code)
        check("the former buyer is gone", False, get_user_model().objects.filter(pk=user.pk).exists())

    def commands(self, known: dict[str, Any], check: Check) -> None:
        """The commands that operators run, and those that remove an old show."""
        output = StringIO()
        Show.objects.filter(pk=known["off"]).update(date_time=timezone.now() - timedelta(days=100))
        for command, *arguments in COMMANDS:
            try:
                call_command(command, *arguments, stdout=output, stderr=output)
            except (CommandError, DatabaseError) as error:
                check(f"manage.py {command} {' '.join(arguments)}", "no error", str(error))
        check("the old show is deleted", False, Show.objects.filter(pk=known["off"]).exists())
        with connection.cursor() as cursor:
            check("a second distribution", [], plan(cursor) if self.has_citus else [])
        if self.has_citus:
            try:
                Subscription(name="x", kind="changes").full_clean()
                check("a subscription to notices", "refused", "accepted")
            except ValidationError:
                pass

    def check(self, sold: set[int], check: Check) -> str:
        """Compares the database with what the API has confirmed. Returns a summary."""
        live = set(Booking.objects.live().values_list("pk", flat=True))
        check("sales that are lost", set(), sold - live)
        call_command("check_seats")
        # A sale whose answer was 503 may have happened.
        lost, others = len(sold - live), len(live - sold)
        return f"{len(sold)} sales confirmed, {lost} lost, {others} without an answer of 201"
