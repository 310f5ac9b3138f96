"""Checks the objects of fixtures: SQLite refuses what PostgreSQL refuses, and errors name object and field.

`loaddata` runs no validators, and Django reads values loosely: 12.5 as the integer 12, true as 1.
"""

import json
import math
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.serializers.base import DeserializationError
from django.db import models
from django.db.backends.base.operations import BaseDatabaseOperations
from django.utils.timezone import is_naive, make_aware

# For models of other apps, only values that the two databases treat differently are checked.
VALIDATED_APPS = {"auth", "seats", "shows"}
# The types of a field's values in the file, and their name in messages.
TYPES: list[tuple[Any, Any, str]] = [
    (models.BooleanField, bool, "true or false"),
    (models.IntegerField, (int, str), "a whole number"),
    (models.FloatField, (int, float), "a number"),
    (models.DateTimeField, (str, date), "a date and time"),
    ((models.CharField, models.TextField), str, "a text"),
]


class FixtureError(Exception):
    """The message names the object, and the field if one field is wrong."""

    def __init__(self, model: str, pk: Any, field: str, message: str) -> None:
        where = f"{model} {'without pk' if pk is None else shown(pk)}" + (f", field {field}" if field else "")
        super().__init__(f"{where}: {message}")


class StrictValuesMixin:
    """A deserializer that refuses values of another type than their field's."""

    def _handle_object(self, node: Any) -> Iterator[Any]:
        check_node(node, ignore_unknown=self.ignorenonexistent)  # type: ignore[attr-defined]
        yield from super()._handle_object(node)  # type: ignore[misc]


def check_node(node: Any, *, ignore_unknown: bool) -> None:
    """Checks the types of an object's values as the file has them."""
    if not isinstance(node, dict) or not isinstance(node.get("fields"), dict):
        raise DeserializationError(f'Not an object with "model" and "fields": {shown(node)}')
    try:
        model = apps.get_model(str(node.get("model")))
    except (LookupError, ValueError):
        return  # Django says so, or ignores it.
    name, pk = model._meta.label_lower, node.get("pk")
    for field_name, value in node["fields"].items():
        try:
            field: Any = model._meta.get_field(field_name)
        except FieldDoesNotExist:
            if ignore_unknown:
                continue
            raise FixtureError(name, pk, str(field_name), "There is no such field.") from None
        if field.many_to_many or (field.remote_field and isinstance(value, list)):
            continue  # Natural keys.
        check_type(name, pk, field, value)
    if pk is not None and not isinstance(model._meta.pk, models.CompositePrimaryKey):
        check_type(name, pk, model._meta.pk, pk)


def check_type(model: str, pk: Any, field: Any, value: Any) -> None:
    target = field.target_field if field.remote_field else field
    for classes, types, what in TYPES:
        if value is not None and isinstance(target, classes):
            is_wrong_bool = isinstance(value, bool) and types is not bool
            if is_wrong_bool or not isinstance(value, types):
                raise FixtureError(model, pk, field.name, f"Must be {what}, not {shown(value)}.")


def check_instance(instance: models.Model, deferred_fields: Any = ()) -> None:
    """Checks the values of an object before it is saved; a time without a zone becomes UTC."""
    model = instance._meta.label_lower
    for field in instance._meta.concrete_fields:
        value = field.value_from_object(instance)
        if isinstance(value, datetime) and is_naive(value):
            value = make_aware(value)
            field.save_form_data(instance, value)
        if message := _fault(instance, field, value, is_deferred=field in (deferred_fields or ())):
            raise FixtureError(model, instance.pk, field.name, message)

    if instance._meta.app_label in {"seats", "shows"}:
        try:
            instance.clean()
        except ValidationError as error:
            field_name = next(iter(error.message_dict)) if hasattr(error, "error_dict") else ""
            raise FixtureError(model, instance.pk, field_name, " ".join(error.messages)) from error


def _fault(instance: models.Model, field: Any, value: Any, *, is_deferred: bool) -> str:
    if isinstance(field, models.CompositePrimaryKey):
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return f"Must be a finite number, not {value}."
    if (isinstance(value, str) and "\0" in value) or (isinstance(value, dict | list) and _has_nul(value)):
        return "Must not contain a NUL character."
    target = field.target_field if field.remote_field else field
    # The ranges of PostgreSQL. SQLite's integers all have 64 bits.
    limits: Any = BaseDatabaseOperations.integer_field_ranges.get(target.get_internal_type())
    if isinstance(value, int) and limits and not limits[0] <= value <= limits[1]:
        return f"Must be between {limits[0]} and {limits[1]}, not {shown(value)}."
    if field.remote_field:
        return "Is required." if value is None and not field.null and not is_deferred else ""
    if (
        instance._meta.app_label not in VALIDATED_APPS
        or (field.primary_key and value is None)
        or field.name == "password"
    ):
        return ""
    if value in field.empty_values and (field.null if value is None else field.blank):
        return ""
    try:
        field.clean(value, instance)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _has_nul(value: Any) -> bool:
    return "\\u0000" in json.dumps(value)


def shown(value: Any) -> str:
    """The value as JSON, shortened for a message."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:60]}…"
