"""The layout of a show: the drawing beside its seats."""

from django.core.exceptions import ValidationError
from django.db import models

from cinema.seats.halls.plan_layout import layout_fault
from cinema.shows.models import Show


class ShowLayout(models.Model):
    """The drawing beside the seats of a show, from its seating plan: see `HallLayout` in `plan_layout.py`.

    It is stored for each show, because a plan may change after the show got its seats. Shows without a plan
    have none.
    """

    show = models.OneToOneField(Show, on_delete=models.CASCADE, primary_key=True, related_name="layout")
    layout = models.JSONField()

    def __str__(self) -> str:
        return f"Layout of {self.show}"

    def clean(self) -> None:
        if fault := layout_fault(self.layout):
            raise ValidationError({"layout": fault})


class Hall(Show):
    """A show, as the admin's page of its seat map."""

    class Meta:
        proxy = True
        verbose_name = "seat map"
