"""Two simulated mail clients over a sample mailbox, for a first look, for designers and for tests.

The playground plays Google's and Microsoft's part: it signs tokens, sends the documented events over HTTP and serves the
calls the service makes in return. The service cannot tell the difference, so whatever works here ran through the code that
runs in production. It lets anybody be anybody: the settings refuse it with an address that others can reach.
"""

from server.web.playground.blueprint import Config, create_blueprint

__all__ = ["Config", "create_blueprint"]
