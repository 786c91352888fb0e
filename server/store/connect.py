"""The connection to Redis or Valkey, whatever shape the deployment has."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import redis
from redis.backoff import ConstantBackoff
from redis.cluster import RedisCluster
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisClusterException, RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry
from redis.sentinel import Sentinel

from server.domain.errors import RecordsUnavailable

CONNECT_SECONDS: Final = 1.0
ANSWER_SECONDS: Final = 3.0

Client = redis.Redis | RedisCluster

FAILURES: Final = (RedisError, RedisClusterException)
"""Everything that a client raises when the server does not do what it should: a cluster without nodes has an error of its own."""


def connect(url: str, *, threads: int = 64) -> Client:
    """Return a pooled client for `redis://`, `rediss://`, `unix://`, `redis+sentinel://host:port,host/master/db`, `redis+cluster://`.

    A command is tried twice when the connection breaks: every script of ours may run twice (idempotency keys, ids).
    Nothing is sent yet: a dead server is noticed at the first command; but a cluster is asked for its nodes. Raises RecordsUnavailable.
    """
    options: dict[str, Any] = {  # the constructors take different subsets of these
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        "retry": Retry(ConstantBackoff(0.05), 1, (RedisConnectionError, RedisTimeoutError)),
        "max_connections": threads,
        "protocol": 2,
    }
    parts = urlsplit(url)
    if parts.scheme == "redis+cluster":
        nodes = url.replace("redis+cluster://", "redis://", 1)
        try:
            return RedisCluster.from_url(nodes, socket_timeout=ANSWER_SECONDS, protocol=2)
        except FAILURES as error:
            raise RecordsUnavailable("cluster") from error
    if parts.scheme == "redis+sentinel":
        return _through_sentinel(url, options)
    return redis.Redis.from_url(url, **options)


def _through_sentinel(url: str, options: dict[str, Any]) -> redis.Redis:
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2].split(",")
    seats = [
        (host.rpartition(":")[0] or host, int(host.rpartition(":")[2]) if ":" in host else 26379) for host in hosts
    ]
    master, _, database = parts.path.strip("/").partition("/")
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    tls = parse_qs(parts.query).get("ssl") == ["true"]
    sentinels: Any = Sentinel  # redis-py leaves it untyped
    found: redis.Redis = sentinels(seats, socket_timeout=CONNECT_SECONDS, ssl=tls).master_for(
        master or "mymaster",
        db=int(database or 0),
        username=user or None,
        password=password or None,
        ssl=tls,
        **options,
    )
    return found
