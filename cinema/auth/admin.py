"""Users in the admin. Unlike Django's own page, it treats usernames as case-insensitive."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.core.exceptions import ValidationError

from cinema.auth.usernames import users_with_name

User = get_user_model()
admin.site.unregister(User)


class CinemaUserChangeForm(UserChangeForm):
    def clean_username(self) -> str:
        name = self.cleaned_data["username"]
        if users_with_name(name).exclude(pk=self.instance.pk).exists():
            raise ValidationError("A user with that username already exists.", code="unique")
        return name


@admin.register(User)
class CinemaUserAdmin(UserAdmin):
    form = CinemaUserChangeForm
