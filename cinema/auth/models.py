"""Stores folded copies of a user's texts. Django's own model of users can't have another field."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from cinema.api.folded_field import FoldedField
from cinema.auth.usernames import fold_username


class FoldedUser(models.Model):
    """`name` finds the user at login and is unique; `search` is what the admin searches.

    Receivers in `cinema/auth/folded_users.py` store it with each user.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="folded"
    )
    name = FoldedField("user.username", fold=fold_username)
    search = FoldedField("user.username", "user.first_name", "user.last_name", "user.email")

    class Meta:
        verbose_name = "folded name"
        constraints = [
            models.UniqueConstraint(fields=["name"], name="one_user_for_a_folded_name"),
            models.CheckConstraint(condition=~Q(name=""), name="folded_name_is_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name
