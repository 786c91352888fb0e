"""The two mail clients: each translates its own requests and answers, and knows nothing of the other."""
