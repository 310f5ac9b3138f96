"""Users in the admin. Unlike Django's own page, it knows which usernames are the same."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm

from cinema.api.folded_search import FoldedSearchMixin
from cinema.auth.usernames import check_username

User = get_user_model()
admin.site.unregister(User)


class CheckedUsernameMixin:
    """Mixin for forms of a user."""

    cleaned_data: dict[str, Any]
    instance: Any

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        check_username(name, self.instance.pk)
        return name


class CinemaUserCreationForm(CheckedUsernameMixin, AdminUserCreationForm):
    pass


class CinemaUserChangeForm(CheckedUsernameMixin, UserChangeForm):
    pass


@admin.register(User)
class CinemaUserAdmin(FoldedSearchMixin, UserAdmin):
    form = CinemaUserChangeForm
    add_form = CinemaUserCreationForm
    search_fields = ["folded__search__contains"]
