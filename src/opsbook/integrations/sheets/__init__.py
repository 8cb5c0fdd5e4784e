"""Google Sheets: the spreadsheets of the account."""

NAME = "Google Sheets"
KIND = "integration"
