"""The admin's login form. It shares the limit on failed logins with the API."""

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError

from cinema.auth.throttles import FailedLoginThrottle


class ThrottledLoginForm(AdminAuthenticationForm):
    def clean(self) -> dict[str, object]:
        username = self.cleaned_data.get("username")
        if username and self.request:
            seconds = FailedLoginThrottle().seconds_to_wait(self.request, username)
            if seconds:
                raise ValidationError(
                    f"Too many failed logins. Try again in {seconds} seconds.", code="throttled"
                )
        return super().clean()
