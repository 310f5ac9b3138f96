"""Logs staff with given permissions in to the admin."""

from django.contrib.auth.models import Permission


def log_in(client, user, *permissions):
    """Gives the user exactly these permissions, such as `view_hall`, and logs the user in."""
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client
