"""Rows of a form inside another one, such as the shows of a movie."""

from django.forms.models import BaseInlineFormSet


class SentRowsFormSet(BaseInlineFormSet):
    """Has at most as many rows as fields were sent.

    Django believes the number of rows that the form says, up to 2,000, and makes and checks all of them.
    """

    def total_form_count(self) -> int:
        count = super().total_form_count()
        return min(count, len(self.data)) if self.is_bound else count
