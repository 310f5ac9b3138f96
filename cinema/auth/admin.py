"""Users in the admin: Django's page, which knows that a name is taken in any letter case."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.core.exceptions import ValidationError

from cinema.auth.usernames import users_with_name

User = get_user_model()
admin.site.unregister(User)


class RenamingForm(UserChangeForm):
    def clean_username(self) -> str:
        name = self.cleaned_data["username"]
        if users_with_name(name).exclude(pk=self.instance.pk).exists():
            raise ValidationError("A user with that username already exists.", code="unique")
        return name


@admin.register(User)
class CinemaUserAdmin(UserAdmin):
    form = RenamingForm
