"""The typed core."""
