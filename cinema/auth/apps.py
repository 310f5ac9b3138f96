from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db.models.signals import post_migrate, post_save, pre_save


class AuthConfig(AppConfig):
    name = "cinema.auth"
    # The label "auth" belongs to Django's own app.
    label = "cinema_auth"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from cinema.auth import folded_users, last_login, signals, throttles, usernames
        from cinema.auth import schema as schema  # Importing it registers it.

        usernames.allow_marks()
        user = settings.AUTH_USER_MODEL
        pre_save.connect(folded_users.check_user, sender=user, dispatch_uid="cinema.auth.check_user")
        post_save.connect(
            folded_users.store_folded_user, sender=user, dispatch_uid="cinema.auth.store_folded_user"
        )

        # Replaces Django's own receiver, which has the same name and connects later.
        user_logged_in.connect(last_login.store_last_login, dispatch_uid="update_last_login")
        user_login_failed.connect(throttles.count_failed_login, dispatch_uid="cinema.auth.failed_login")
        pre_save.connect(
            signals.clear_token,
            sender="token_blacklist.OutstandingToken",
            dispatch_uid="cinema.auth.clear_token",
        )
        post_migrate.connect(throttles.make_shared_cache, sender=self, dispatch_uid="cinema.auth.shared_cache")
        post_migrate.connect(folded_users.update_all, sender=self, dispatch_uid="cinema.auth.update_all")
