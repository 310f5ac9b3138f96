"""Makes shows old, and runs `archive_shows`."""

from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.utils import timezone

from cinema.shows.models import Show


def run(*options):
    stdout = StringIO()
    call_command("archive_shows", *options, stdout=stdout, stderr=StringIO())
    return stdout.getvalue()


def make_old(*shows, days=100):
    Show.objects.filter(pk__in=[show.pk for show in shows]).update(
        date_time=timezone.now() - timedelta(days=days)
    )
