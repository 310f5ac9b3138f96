"""The admin's log-in form, under the same limit on failures as the API's."""

from django.contrib import admin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError

from cinema.auth.throttles import FailedLoginThrottle


class ThrottledLoginForm(AdminAuthenticationForm):
    def clean(self) -> dict[str, object]:
        username = self.cleaned_data.get("username")
        if (
            username
            and self.request
            and (seconds := FailedLoginThrottle().seconds_to_wait(self.request, username))
        ):
            raise ValidationError(
                f"Too many failed attempts. Try again in {seconds} seconds.", code="throttled"
            )
        return super().clean()


def install() -> None:
    admin.site.login_form = ThrottledLoginForm
