"""CannPay: debit payments by CanPay."""

NAME = "CannPay"
KIND = "integration"
