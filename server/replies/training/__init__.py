"""Makes the shipped heads from the labelled mails beside it: `python -m server.replies.training`."""
