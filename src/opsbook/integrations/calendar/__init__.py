"""Google Calendar: the calendars of the account."""

NAME = "Google Calendar"
KIND = "integration"
