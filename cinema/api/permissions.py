"""Permissions of calls for staff."""

from typing import Any

from django.contrib.auth import get_permission_codename
from rest_framework.permissions import SAFE_METHODS, IsAdminUser
from rest_framework.request import Request

# Django's name of the action of each method that writes.
ACTIONS = {"POST": "add", "PUT": "change", "PATCH": "change", "DELETE": "delete"}


class StaffPermission(IsAdminUser):
    """Requires `is_staff`, and for a write Django's permission for the model, such as `shows.add_show`.

    A view whose action is none of Django's, or whose reads need a permission, names it:
    `required_permission = "seats.admit_booking"`.
    Superusers have all permissions, but need `is_staff` too, as in the admin.
    """

    message: str

    def has_permission(self, request: Request, view: Any) -> bool:
        name = getattr(view, "required_permission", None)
        if name is None and request.method in SAFE_METHODS:
            self.message = "Only staff may read this. Ask a superuser to make you staff."
            return super().has_permission(request, view)
        if name is None:
            options = view.queryset.model._meta
            name = f"{options.app_label}.{get_permission_codename(ACTIONS[str(request.method)], options)}"
        self.message = f"Only staff with the permission {name} may do this. Ask a superuser for it."
        return super().has_permission(request, view) and request.user.has_perm(name)
