"""Every Redis key of the product: pattern, lifetime, who owns it, whether it is personal data, and what is lost if it goes.

All keys of a workspace share the hash tag `{w:<id>}`, so that one script may touch them on a cluster. Addresses, domains and
message ids stand in key names only as digests (server.domain.ids.digest).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """Records must survive; caches can be made again; ephemera are true only now."""

    RECORD = "record"
    CACHE = "cache"
    EPHEMERAL = "ephemeral"


@dataclass(frozen=True, slots=True)
class Family:
    """One pattern of keys."""

    pattern: str  # after the workspace's prefix
    holds: str
    kind: Kind
    owner: str  # the script or module that writes it
    personal: bool
    lost: str  # what is lost if it goes
    lifetime: str = "kept"


FAMILIES: Final = (
    Family(
        "seq", "hash: counters for ids", Kind.RECORD, "place.lua", personal=False, lost="new ids would repeat old ones"
    ),
    Family(
        "rev",
        "counter: revision of the directory",
        Kind.RECORD,
        "people.lua",
        personal=False,
        lost="copies notice changes later",
    ),
    Family(
        "cfg",
        "the workspace file as applied, JSON",
        Kind.RECORD,
        "directory.py",
        personal=True,
        lost="apply the file again",
    ),
    Family(
        "people",
        "hash: people made at their first open",
        Kind.RECORD,
        "people.lua",
        personal=True,
        lost="names of colleagues",
    ),
    Family(
        "newcomers",
        "hash: e-mail -> such a person",
        Kind.RECORD,
        "people.lua",
        personal=True,
        lost="one person in two clients",
    ),
    Family(
        "accounts",
        "hash: account -> person",
        Kind.RECORD,
        "people.lua",
        personal=True,
        lost="bound again at the next sign-in",
    ),
    Family(
        "seats",
        "hash: account's address -> account",
        Kind.RECORD,
        "people.lua",
        personal=True,
        lost="a re-made account is not noticed",
    ),
    Family(
        "prefs",
        "hash: person -> their own choices",
        Kind.RECORD,
        "directory.py",
        personal=False,
        lost="language, team and notices as the workspace has them",
    ),
    Family(
        "cx",
        "hash: CRM connections, without their secrets",
        Kind.RECORD,
        "connections.lua",
        personal=False,
        lost="administrators connect the CRMs again",
    ),
    Family(
        "cs",
        "hash: their credentials and the secrets of their webhooks' addresses, sealed",
        Kind.RECORD,
        "connections.lua",
        personal=False,
        lost="administrators enter them again",
    ),
    Family(
        "ca",
        "hash: when each connection was asked last and what was wrong",
        Kind.CACHE,
        "connections.py",
        personal=False,
        lost="known after the next test",
        lifetime="30 d after the last",
    ),
    Family(
        "panel",
        "the customer panel's fields, in order",
        Kind.RECORD,
        "connections.py",
        personal=False,
        lost="the fields' own order",
    ),
    Family(
        "wh:<digest>",
        "an event of a webhook that has come",
        Kind.EPHEMERAL,
        "connections.py",
        personal=False,
        lost="it may be told twice, and is read again",
        lifetime="1 d",
    ),
    Family(
        "ag:<digest>",
        "an administrator who is agreeing at a CRM's vendor, sealed",
        Kind.EPHEMERAL,
        "connections.py",
        personal=False,
        lost="they connect once more",
        lifetime="10 min",
    ),
    Family(
        "feed",
        "stream: which conversation has changed",
        Kind.EPHEMERAL,
        "base.lua",
        personal=False,
        lost="open panes look again by themselves",
        lifetime="2 d, about 1,000 entries",
    ),
    Family(
        "sends:<day>",
        "hash: checked and unchecked sends",
        Kind.RECORD,
        "compose.lua",
        personal=False,
        lost="that day's figures",
        lifetime="40 d",
    ),
    Family(
        "c:<id>", "conversation", Kind.RECORD, "place.lua, act.lua", personal=True, lost="status, claim and history row"
    ),
    Family(
        "m:<digest>",
        "hash: mail per circle, and the ids it brought",
        Kind.RECORD,
        "place.lua",
        personal=True,
        lost="read again when opened",
    ),
    Family(
        "ms:<id>",
        "sorted set: the conversation's mails by date",
        Kind.RECORD,
        "place.lua",
        personal=True,
        lost="list of mails",
    ),
    Family(
        "i:<digest>",
        "hash: party -> conversations, per message id",
        Kind.RECORD,
        "place.lua",
        personal=False,
        lost="threads fall apart",
    ),
    Family("n:<id>", "list: notes, newest first", Kind.RECORD, "act.lua", personal=True, lost="notes"),
    Family("t:<id>", "list: timeline, newest first", Kind.RECORD, "act.lua", personal=True, lost="who did what"),
    Family("a:<digest>", "address -> customer", Kind.RECORD, "place.lua", personal=True, lost="customers' records"),
    Family("p:<id>", "customer", Kind.RECORD, "place.lua", personal=True, lost="what the team knows of the person"),
    Family("d:<digest>", "company of a domain", Kind.RECORD, "act.lua", personal=False, lost="its name"),
    Family(
        "ha:<digest>:<team>",
        "sorted set: a person's conversations",
        Kind.RECORD,
        "place.lua",
        personal=False,
        lost="history",
    ),
    Family(
        "hd:<digest>:<team>",
        "sorted set: a company's conversations",
        Kind.RECORD,
        "place.lua",
        personal=False,
        lost="history",
    ),
    Family(
        "qn:<team>", "sorted set: nobody's", Kind.RECORD, "base.lua", personal=False, lost="queue, until next touched"
    ),
    Family(
        "qh:<team>", "sorted set: on hold", Kind.RECORD, "base.lua", personal=False, lost="queue, until next touched"
    ),
    Family(
        "qd:<team>", "sorted set: due times", Kind.RECORD, "base.lua", personal=False, lost="queue, until next touched"
    ),
    Family(
        "qm:<person>",
        "sorted set: a person's",
        Kind.RECORD,
        "base.lua",
        personal=False,
        lost="queue, until next touched",
    ),
    Family(
        "x:<person>",
        "sorted set: mentions not yet seen",
        Kind.RECORD,
        "act.lua",
        personal=False,
        lost="unread mentions",
    ),
    Family(
        "o:<person>",
        "hash: claims taken over, not yet told",
        Kind.RECORD,
        "act.lua",
        personal=True,
        lost="that it was told",
    ),
    Family(
        "e",
        "sorted set: when claims run out",
        Kind.RECORD,
        "base.lua",
        personal=False,
        lost="claims end when next looked at",
    ),
    Family(
        "k:<digest>",
        "answer of a click",
        Kind.RECORD,
        "act.lua",
        personal=False,
        lost="a replay could count twice",
        lifetime="10 h",
    ),
    Family(
        "g:<digest>",
        "pointer of a mailbox -> mail",
        Kind.CACHE,
        "open.lua",
        personal=False,
        lost="mail is read again",
        lifetime="180 d",
    ),
    Family(
        "b:<id>",
        "hash: lasting parts of drawn cards",
        Kind.CACHE,
        "view.lua",
        personal=True,
        lost="drawn again",
        lifetime="until midnight",
    ),
    Family(
        "u:<digest>",
        "hash: what was understood of a mail: model, vector, mood, deadlines, details",
        Kind.RECORD,
        "jobs.lua",
        personal=True,
        lost="no suggestions and no mood until the mail is read again",
    ),
    Family(
        "uq:<digest>",
        "the mail waits to be read",
        Kind.EPHEMERAL,
        "answers.lua",
        personal=False,
        lost="it may be read twice",
        lifetime="1 d",
    ),
    Family(
        "jobs",
        "stream: what waits for the worker, three days at most; mails' texts in it are sealed",
        Kind.RECORD,
        "answers.lua",
        personal=True,
        lost="mails of the moment stay without suggestions",
    ),
    Family(
        "tp",
        "hash: templates as they are now",
        Kind.RECORD,
        "templates.lua",
        personal=False,
        lost="the team's templates",
    ),
    Family(
        "th:<template>",
        "list: a template's versions",
        Kind.RECORD,
        "templates.lua",
        personal=False,
        lost="who changed what",
    ),
    Family(
        "ts:<template>",
        "hash: how often it was used, edited, passed over, rejected",
        Kind.RECORD,
        "answers.lua",
        personal=False,
        lost="its figures",
    ),
    Family(
        "tv:<model>",
        "hash: templates' own vectors",
        Kind.RECORD,
        "outbox.py",
        personal=False,
        lost="embedded again",
    ),
    Family(
        "ps:<model>:<team>",
        "hash: per template the sum of the vectors of the mails it answered",
        Kind.RECORD,
        "answers.lua",
        personal=False,
        lost="what was learned from picks",
    ),
    Family(
        "pc:<model>:<team>",
        "hash: per template how many they are",
        Kind.RECORD,
        "answers.lua",
        personal=False,
        lost="what was learned from picks",
    ),
    Family(
        "pt:<team>",
        "list: the newest 5,000 picks, for refits",
        Kind.RECORD,
        "answers.lua",
        personal=False,
        lost="refits start anew",
    ),
    Family(
        "pm:<digest>",
        "hash: a mail's picks",
        Kind.RECORD,
        "answers.lua",
        personal=False,
        lost="they cannot be taken back",
    ),
    Family(
        "sv:<model>:<team>",
        "hash: vectors of the 2,000 questions the team solved last, by conversation",
        Kind.RECORD,
        "jobs.lua",
        personal=False,
        lost="no similar conversations until more are solved",
    ),
    Family(
        "so:<model>:<team>",
        "sorted set: when they were solved",
        Kind.RECORD,
        "jobs.lua",
        personal=False,
        lost="no similar conversations until more are solved",
    ),
    Family(
        "rt:<id>",
        "our newest answer in a conversation, sealed, where the workspace keeps answers",
        Kind.RECORD,
        "place.lua",
        personal=True,
        lost="similar conversations come without it",
        lifetime="keep_replies_days",
    ),
    Family(
        "bn:<id>",
        "sorted set: what was given to a customer with an apology, by when",
        Kind.RECORD,
        "answers.lua",
        personal=True,
        lost="it may be given again too soon",
    ),
    Family(
        "fit:<model>:<team>",
        "the refitted ranking of a team",
        Kind.RECORD,
        "outbox.py",
        personal=False,
        lost="fitted again after the next picks",
    ),
    Family(
        "sc:<team>",
        "hash: how often a sentence (keyed digest) stood in the team's mails, 200,000 of them",
        Kind.RECORD,
        "outbox.py",
        personal=False,
        lost="greetings weigh more until they are counted again",
    ),
    Family(
        "sm:<model>:<team>",
        "the mean of the team's sentences",
        Kind.RECORD,
        "outbox.py",
        personal=False,
        lost="counted again",
    ),
    Family(
        "co:<model>:<team>:<feeling>",
        "hash: vectors of 200 sentences that agents said are nothing of the kind, by mail",
        Kind.RECORD,
        "outbox.py",
        personal=False,
        lost="corrected sentences are marked again",
    ),
    Family(
        "xc:<customer>",
        "hash: what each CRM said of a customer when it was last read",
        Kind.CACHE,
        "crm.lua",
        personal=True,
        lost="read again from the CRM",
        lifetime="30 d after it was read",
    ),
    Family(
        "xl:<customer>",
        "hash: which record of a CRM somebody said is the customer's, and which are not",
        Kind.RECORD,
        "crm.lua",
        personal=True,
        lost="chosen links",
    ),
    Family(
        "xq:<customer>:<connection>",
        "a look-up that somebody is doing",
        Kind.EPHEMERAL,
        "crm.lua",
        personal=False,
        lost="the CRM is asked twice",
        lifetime="2 min at most",
    ),
    Family(
        "xr:<connection>:<digest>",
        "set: customers to whom a record of a CRM was shown",
        Kind.CACHE,
        "crm.lua",
        personal=False,
        lost="a webhook about it is heard at the next reading",
        lifetime="30 d after it was read",
    ),
    Family(
        "xe:<digest>",
        "hash: what of a mail was written into a CRM, by whom",
        Kind.RECORD,
        "crm.lua",
        personal=False,
        lost="a mail can be logged twice",
    ),
    Family(
        "cj",
        "stream: what waits for the worker's CRM threads, three days at most; mails in it are sealed",
        Kind.RECORD,
        "crm.lua",
        personal=True,
        lost="mails of the moment are not logged",
    ),
    Family(
        "xb",
        "hash: CRMs that do not answer, and until when they are left alone",
        Kind.EPHEMERAL,
        "crm.lua",
        personal=False,
        lost="they are asked again",
    ),
    Family(
        "xp:<connection>",
        "one call finds out whether a CRM answers again",
        Kind.EPHEMERAL,
        "crm.lua",
        personal=False,
        lost="two calls do",
        lifetime="10 s",
    ),
    Family(
        "xg:<connection>:<quota>",
        "hash: calls made in the parts of a quota's time",
        Kind.EPHEMERAL,
        "crm.lua",
        personal=False,
        lost="a vendor's limit can be met",
        lifetime="twice the quota's time",
    ),
    Family(
        "v:<id>",
        "hash: who looks or replies",
        Kind.EPHEMERAL,
        "base.lua",
        personal=False,
        lost="presence",
        lifetime="15 min",
    ),
    Family(
        "link:<digest>",
        "a link to the queue's page, not yet used: its account",
        Kind.EPHEMERAL,
        "sessions.py",
        personal=True,
        lost="the agent asks for another",
        lifetime="60 s",
    ),
    Family(
        "s:<digest>",
        "a browser at the queue's page: its account",
        Kind.EPHEMERAL,
        "sessions.py",
        personal=True,
        lost="the agent opens the page again",
        lifetime="12 h after its last use",
    ),
    Family(
        "sa:<digest>",
        "sorted set: an account's such browsers by last use",
        Kind.EPHEMERAL,
        "sessions.py",
        personal=False,
        lost="older ones are not ended by newer ones",
        lifetime="12 h after their last use",
    ),
    Family(
        "on",
        "sorted set: our own customers by their number",
        Kind.RECORD,
        "own.lua",
        personal=False,
        lost="they cannot be listed or exported",
    ),
    Family(
        "oc:<digest>",
        "hash: one of our own customers: record, version, where it is found",
        Kind.RECORD,
        "own.lua",
        personal=True,
        lost="what was pushed or imported; push or import it again",
    ),
    Family(
        "oi:<digest>:<kind>",
        "hash: such a customer's orders, subscriptions or events",
        Kind.RECORD,
        "own.lua",
        personal=True,
        lost="pushed again",
    ),
    Family(
        "ot:<digest>:<kind>",
        "sorted set: when they were",
        Kind.RECORD,
        "own.lua",
        personal=False,
        lost="older ones are not let go",
    ),
    Family(
        "ou:<digest>",
        "hash: how such a customer uses each feature, by month",
        Kind.RECORD,
        "own.lua",
        personal=True,
        lost="pushed again",
    ),
    Family(
        "oa:<digest>",
        "sorted set: address -> our own customers",
        Kind.RECORD,
        "own.lua",
        personal=False,
        lost="they are not found by it until written again",
    ),
    Family(
        "od:<digest>",
        "sorted set: domain -> companies among them",
        Kind.RECORD,
        "own.lua",
        personal=False,
        lost="they are not found by it until written again",
    ),
    Family(
        "ak",
        "hash: API keys: a digest of each, its name, who made it and when",
        Kind.RECORD,
        "api_keys.py",
        personal=False,
        lost="make new ones",
    ),
    Family(
        "al",
        "hash: the day on which each was last used",
        Kind.RECORD,
        "api_keys.py",
        personal=False,
        lost="unused keys look never used",
    ),
    Family(
        "ar:<id>",
        "counter: requests of an API key in this minute",
        Kind.EPHEMERAL,
        "api_keys.py",
        personal=False,
        lost="one more minute's worth of requests",
        lifetime="60 s",
    ),
)

REGISTER: Final = "{sobani}:names"
"""Hash shared by all workspaces: "workspace:…", "domain:…", "tenant:…", "address:…" -> workspace id. A record; lost: apply the files again."""


def prefix(workspace: str) -> str:
    """Return what every key of the workspace begins with."""
    return f"{{w:{workspace}}}:"


def sequence(workspace: str) -> str:
    """Return the key that routes a workspace's scripts."""
    return f"{{w:{workspace}}}:seq"
