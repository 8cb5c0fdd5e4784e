"""HubSpot's contacts: addresses that somebody captured, and so leads. `contacts` says how one becomes a row."""
