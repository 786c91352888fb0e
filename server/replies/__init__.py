"""Reading mails and ranking, filling and checking answers: pure functions over text and learned weights, no network, no clock."""
