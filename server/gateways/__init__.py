"""What lies outside: the Gmail API, and mails as files; time-limited, and the errors of others translated here."""
