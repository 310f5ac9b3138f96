"""Django's `dumpdata` without the folded copies of users' texts, because loading a user stores them."""

from typing import Any

from django.core.management.commands import dumpdata


class Command(dumpdata.Command):
    def handle(self, *app_labels: str, **options: Any) -> None:
        options["exclude"] = [*options["exclude"], "cinema_auth.FoldedUser"]
        super().handle(*app_labels, **options)
