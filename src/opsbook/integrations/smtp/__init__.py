"""E-mail (SMTP): mail by any server that speaks SMTP."""

NAME = "E-mail (SMTP)"
KIND = "delivery"
