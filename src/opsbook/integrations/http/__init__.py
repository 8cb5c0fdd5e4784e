"""Any other system, by its address: a shop's pages, a gateway, a file that says how things are."""

NAME = "Any system over HTTP"
KIND = "integration"
FAMILY = True  # the settings say which there are: `[integrations.http.shop]`
