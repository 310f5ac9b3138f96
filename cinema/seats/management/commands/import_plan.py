"""Imports a seating plan for a screen from a file."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.template.defaultfilters import pluralize

from cinema.seats.halls.plan_faults import PlanError
from cinema.seats.halls.plan_json import read_json
from cinema.seats.halls.plan_text import read_text
from cinema.seats.layout.relayout import relayout_upcoming_shows
from cinema.seats.models import SeatingPlan


class Command(BaseCommand):
    help = (
        "Imports the seating plan of a screen and replaces the plan that the screen has. The file is JSON from "
        "pretix's seating plan editor, or the text form. Existing shows keep their seats without --relayout."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="The file with the plan, in UTF-8.")
        parser.add_argument("--screen", required=True, help="The screen_name of the shows that use the plan.")
        parser.add_argument(
            "--relayout",
            "--relay",
            action="store_true",
            dest="relayout",
            help=(
                "Also re-layout the upcoming shows of the screen: add, move and remove seats as the plan says. "
                "Taken and held seats are kept. --relay is the old name."
            ),
        )
        parser.add_argument(
            "--renew-guids",
            action="store_true",
            help=(
                "Give a new guid to each seat whose guid an earlier seat has, for example in a row that was "
                "copied in an editor."
            ),
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = options["file"].read_text(encoding="utf-8-sig")
            is_json = text.lstrip().startswith(("{", "["))
            content = read_json(text, renew_guids=options["renew_guids"]) if is_json else read_text(text)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']}: {error}") from error
        except PlanError as error:
            message = f"Nothing was imported. The plan has faults:\n{error}"
            if error.repeats_guids:
                message += (
                    "\nA row that is copied in an editor keeps the guids of its seats. "
                    "Add --renew-guids to the command to give the later seats new ones."
                )
            raise CommandError(message) from error
        plan = SeatingPlan(screen_name=options["screen"], plan=content)
        try:
            plan.full_clean(validate_unique=False)
            plan.save()
        except ValidationError as error:
            raise CommandError(f"Nothing was imported. {' '.join(error.messages)}") from error
        planned = plan.read()
        seats = f"{len(planned.places)} seat{pluralize(len(planned.places))}"
        self.stdout.write(f"The seating plan of {plan.screen_name} has {seats}.")
        if options["relayout"]:
            for show, report in relayout_upcoming_shows(plan.screen_name, planned):
                self.stdout.write(f"{show}: {report}")
