"""Staff in the admin who may do some things and not others."""

from django.contrib.auth.models import Permission


def log_in(client, user, *permissions):
    """The client, logged in to the admin as this user, who has just these permissions, like `view_hall`."""
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client
