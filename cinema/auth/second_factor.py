"""The second factor of the admin: a code from an authenticator app (TOTP), checked by django-otp.

Only the admin asks for it, and only with ADMIN_SECOND_FACTOR=on. `manage.py second_factor` enrolls users.
"""

from typing import Any

from django import forms
from django.contrib.auth.signals import user_login_failed
from django_otp import match_token

from cinema.auth.login_form import ThrottledLoginForm


class SecondFactorLoginForm(ThrottledLoginForm):
    """The admin's login form with a field for the code.

    A wrong code gets the message of a wrong password. Another one would tell that the password is right.
    """

    code = forms.CharField(
        max_length=12,
        help_text="From your authenticator app. If you have none yet, ask whoever runs the server.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    error_messages = {
        **ThrottledLoginForm.error_messages,
        "invalid_login": (
            "Please enter the username and password of a staff account, and a new code from your "
            "authenticator app. The password is case-sensitive."
        ),
    }

    def clean(self) -> dict[str, object]:
        cleaned_data = super().clean()
        user: Any = self.get_user()
        if user is None:
            return cleaned_data
        device = match_token(user, self.cleaned_data.get("code", "").replace(" ", ""))
        if device is None:
            # Counts the failure, so that an attacker with the password can't try all codes.
            credentials = {"username": self.cleaned_data["username"]}
            user_login_failed.send(__name__, credentials=credentials, request=self.request)
            self.user_cache = None
            raise self.get_invalid_login_error()
        # django-otp stores the device in the session when the user logs in.
        user.otp_device = device
        return cleaned_data
