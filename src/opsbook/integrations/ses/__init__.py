"""Amazon SES: mail by API."""

NAME = "Amazon SES"
KIND = "delivery"
