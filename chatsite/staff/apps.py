from django.apps import AppConfig


class StaffConfig(AppConfig):
    """What those who run the site see of it in the admin."""

    name = "chatsite.staff"
    verbose_name = "Operation"
