"""The form of a show in the admin, alone and on the page of its movie."""

from typing import Any

from django import forms
from rest_framework.exceptions import APIException

from cinema.shows.messages import problem_message
from cinema.shows.models import Show
from cinema.shows.programme import check_show


class ShowForm(forms.ModelForm):
    keep_bookings = forms.BooleanField(
        required=False,
        help_text="Tick it to move a show with live bookings to another time, screen or movie.",
    )

    class Meta:
        model = Show
        fields = [
            "movie",
            "screen_name",
            "date_time",
            "format",
            "on_sale_from",
            "price_list",
            "total_seats",
            "keep_bookings",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The form of a user who may only view shows has no fields.
        if total_seats := self.fields.get("total_seats"):
            total_seats.required = False
            total_seats.help_text = "Leave empty if the screen has a seating plan."

    def full_clean(self) -> None:
        """Adds the errors of saving the show to the form, so that the form keeps its values."""
        super().full_clean()
        if not self.is_bound or self.errors or not self.has_changed():
            return
        show: Show = self.instance
        show.keep_bookings = self.cleaned_data["keep_bookings"]
        if "date_time" in self.initial and "date_time" not in self.changed_data:
            # The widget shows no fractions of a second. Without them the show would seem to move.
            show.date_time = self.initial["date_time"]
        # A show that is added together with its movie is only checked when both are saved.
        if show.movie_id is not None:
            try:
                check_show(show)
            except APIException as problem:
                self.add_error(None, problem_message(problem))
