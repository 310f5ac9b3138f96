"""Permissions of calls for staff."""

from typing import Any

from django.contrib.auth import get_permission_codename
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request

# Django's name of the action of each method that writes.
ACTIONS = {"POST": "add", "PUT": "change", "PATCH": "change", "DELETE": "delete"}


class StaffPermission(IsAdminUser):
    """Requires `is_staff` and Django's permission for the model and the method, such as `shows.add_show`.

    Superusers have all permissions, but need `is_staff` too, as in the admin.
    """

    message: str

    def has_permission(self, request: Request, view: Any) -> bool:
        options = view.queryset.model._meta
        name = f"{options.app_label}.{get_permission_codename(ACTIONS[str(request.method)], options)}"
        self.message = f"Only staff with the permission {name} may do this. Ask a superuser for it."
        return super().has_permission(request, view) and request.user.has_perm(name)
