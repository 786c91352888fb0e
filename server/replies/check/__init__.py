"""The check of a draft: like a careful colleague who reads it before it goes out. docs/draft-check.md lists the rules."""

from server.replies.check.dates import promises_in
from server.replies.check.engine import RULES, apply, check
from server.replies.check.model import Draft, Policy, Rule

__all__ = ["RULES", "Draft", "Policy", "Rule", "apply", "check", "promises_in"]
