"""Subscriptions and deliveries in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from cinema.notices.models import Delivery, Subscription


@admin.register(Subscription)
class SubscriptionAdmin(admin.ModelAdmin):
    list_display = ["name", "kind", "url", "is_active", "waiting", "given_up", "failures", "paused_until"]
    fields = ["name", "kind", "url", "is_active", "secret", "failures", "paused_until", "last_error"]
    readonly_fields = ["secret", "failures", "paused_until", "last_error"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscription]:
        counts = {
            state: Count("deliveries", filter=Q(deliveries__state=state))
            for state in (Delivery.State.WAITING, Delivery.State.GIVEN_UP)
        }
        return (
            super()
            .get_queryset(request)
            .annotate(**{f"{state}_count": count for state, count in counts.items()})
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Shows the secret only to those who may change the subscription."""
        fields = list(self.fields or [])
        if obj is None or not self.has_change_permission(request, obj):
            fields.remove("secret")
        return fields

    @admin.display(ordering="waiting_count")
    def waiting(self, subscription: Any) -> int:
        return subscription.waiting_count

    @admin.display(ordering="given_up_count")
    def given_up(self, subscription: Any) -> int:
        return subscription.given_up_count

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Counts the deliveries. Django would list all, and ask for a permission to delete each."""
        count = Delivery.objects.filter(subscription__in=[subscription.pk for subscription in objs]).count()
        missing_permissions = set() if self.has_delete_permission(request) else {self.opts.verbose_name}
        names = [str(subscription) for subscription in objs]
        return names, {"subscriptions": len(names), "deliveries": count}, missing_permissions, []

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for subscription in queryset:
            subscription.delete()  # Turns the triggers off after the last one.


@admin.register(Delivery)
class DeliveryAdmin(admin.ModelAdmin):
    list_display = ["notice", "subscription", "state", "attempts", "next_at", "last_error"]
    list_filter = ["state", "subscription"]
    list_select_related = ["notice", "subscription"]
    actions = ["try_again"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("notices.change_delivery")

    @admin.action(description="Send selected deliveries again", permissions=["send"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        count = queryset.update(state=Delivery.State.WAITING, next_at=timezone.now())
        messages.success(request, f"{count} {'delivery' if count == 1 else 'deliveries'} will be sent again.")
