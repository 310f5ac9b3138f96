"""Operations for migrations: create groups of staff with permissions, and give a group new permissions."""

from collections.abc import Collection, Mapping
from typing import Any

from django.apps import apps as current_apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import migrations


def create_roles(roles: Mapping[str, Collection[str]]) -> migrations.RunPython:
    """Creates the groups, with permissions such as `shows.add_show`.

    A group that exists keeps its permissions, because staff chose them and the group may have members. The way
    back keeps all groups, for the same reason.
    """

    def create(apps: Any, schema_editor: Any) -> None:
        using = schema_editor.connection.alias
        for name, permissions in roles.items():
            group, is_new = Group.objects.using(using).get_or_create(name=name)
            if is_new:
                group.permissions.add(*_find(permissions, using))

    return migrations.RunPython(create, migrations.RunPython.noop)


def grant(roles: Mapping[str, Collection[str]]) -> migrations.RunPython:
    """Gives groups of these names permissions that an update brings. Groups that staff deleted stay deleted."""

    def add(apps: Any, schema_editor: Any) -> None:
        using = schema_editor.connection.alias
        for name, permissions in roles.items():
            for group in Group.objects.using(using).filter(name=name):
                group.permissions.add(*_find(permissions, using))

    return migrations.RunPython(add, migrations.RunPython.noop)


def _find(names: Collection[str], using: str) -> list[Permission]:
    """Returns the permissions. Django creates them after all migrations, so this creates the missing ones.

    Uses the current models, not historical ones, so that the permissions get the same names as from Django.
    """
    pairs = [tuple(name.split(".")) for name in names]
    for app in apps_of(names):
        create_permissions(current_apps.get_app_config(app), verbosity=0, using=using)
    permissions = Permission.objects.using(using)
    return [permissions.get(content_type__app_label=app, codename=codename) for app, codename in pairs]


def apps_of(names: Collection[str]) -> list[str]:
    """The apps of permissions, each once, in the order of the names.

    In a set, each process would have its own order, and each new database other ids of content types and
    permissions. Then a plain `dumpdata` of one could not be loaded into another.
    """
    return list(dict.fromkeys(name.split(".")[0] for name in names))
