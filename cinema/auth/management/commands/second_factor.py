"""Enrolls a user for the second factor of the admin, or removes it."""

from typing import Any

import segno
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django_otp.plugins.otp_totp.models import TOTPDevice

from cinema.auth.usernames import users_with_name


class Command(BaseCommand):
    help = (
        "Enrolls a user for the second factor of the admin: prints a QR code and its URL for an authenticator "
        "app. They replace the user's earlier ones, for example after the device was lost."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--remove", action="store_true", help="Delete the user's second factor.")

    @transaction.atomic
    def handle(self, *args: Any, username: str, remove: bool, **options: Any) -> None:
        user = users_with_name(username).first()
        if user is None:
            raise CommandError(f"There is no user {username!r}.")
        count, _ = TOTPDevice.objects.filter(user=user).delete()
        if remove:
            answer = "Removed the second factor" if count else "There was no second factor"
            self.stdout.write(f"{answer} of {user.get_username()}.")
            return
        device = TOTPDevice.objects.create(user=user, name="Authenticator app")
        self.stdout.write("Scan this with an authenticator app, or enter the URL. It is shown only once.\n")
        segno.make(device.config_url).terminal(self.stdout, compact=True)  # type: ignore[arg-type]
        self.stdout.write(f"\n{device.config_url}\n")
        self.stdout.write("Codes depend on the time: the clocks of the server and of the device must agree.")
