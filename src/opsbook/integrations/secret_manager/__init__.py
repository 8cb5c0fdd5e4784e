"""Secret Manager: where a deployment can keep the secrets that its settings refer to."""

NAME = "Secret Manager"
KIND = "plumbing"
