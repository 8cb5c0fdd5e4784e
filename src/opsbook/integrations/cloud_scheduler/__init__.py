"""Cloud Scheduler: Google's clock, where it is to knock at the cron door."""

NAME = "Cloud Scheduler"
KIND = "plumbing"
