from django.apps import AppConfig, apps
from django.contrib.auth.signals import user_login_failed
from django.db.models.signals import post_migrate, pre_save


class AuthConfig(AppConfig):
    name = "cinema.auth"
    # The label "auth" belongs to Django's own app.
    label = "cinema_auth"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from cinema.auth import schema, signals, throttles  # noqa: F401 - importing `schema` registers it

        user_login_failed.connect(throttles.count_failed_login, dispatch_uid="cinema.auth.failed_login")
        pre_save.connect(
            signals.clear_token,
            sender="token_blacklist.OutstandingToken",
            dispatch_uid="cinema.auth.clear_token",
        )
        # An app without models gets no post_migrate signal, so this listens to that of Django's auth app.
        post_migrate.connect(
            throttles.make_shared_cache,
            sender=apps.get_app_config("auth"),
            dispatch_uid="cinema.auth.shared_cache",
        )
