"""What a Redis promises about the data it is given, for `sobani doctor`: where it promises less than the product needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import redis
from redis.cluster import RedisCluster

from server.store.connect import connect

OLDEST: Final = 7


@dataclass(frozen=True, slots=True)
class Report:
    """What the server said. `problem` is one line and means that it cannot be used."""

    server: str = ""
    problem: str = ""
    doubts: tuple[str, ...] = ()


def ask(url: str) -> Report:
    """Ask the server (of a cluster: one of its nodes). Nothing is written, and no password is repeated."""
    client = connect(url, threads=1)
    try:
        node = {"target_nodes": RedisCluster.RANDOM} if isinstance(client, RedisCluster) else {}
        info = client.info(**node)
        try:
            settings = {**client.config_get("append*", **node), **client.config_get("maxmemory*", **node)}
        except redis.ResponseError:
            settings = {}  # many hosted servers refuse CONFIG
    except redis.RedisError as error:
        return Report(problem=f"does not answer: {_plain(error)}")
    finally:
        client.close()
    name = "Valkey" if "valkey_version" in info else "Redis"
    version = str(info.get("valkey_version") or info.get("redis_version", ""))
    if name == "Redis" and int(version.partition(".")[0] or 0) < OLDEST:
        return Report(problem=f"is Redis {version}; {OLDEST} or newer is needed")
    return Report(server=f"{name} {version}", doubts=tuple(_doubts(settings)))


def _doubts(settings: Mapping[str | None, str | None]) -> list[str]:
    if not settings:
        return ["does not say how it keeps data; see that it writes an append-only file and never evicts"]
    doubts = []
    if settings.get("appendonly") != "yes":
        doubts.append("appendonly is off: claims and notes since the last snapshot are lost when the server stops")
    elif settings.get("appendfsync") != "always":
        doubts.append(
            f"appendfsync is {settings.get('appendfsync')}: about a second of changes is lost when the machine stops"
        )
    if settings.get("maxmemory", "0") != "0" and settings.get("maxmemory-policy") != "noeviction":
        doubts.append(
            f"maxmemory-policy is {settings.get('maxmemory-policy')}: records are thrown out when memory is short"
        )
    return doubts


def _plain(error: Exception) -> str:
    return " ".join(str(error).split())
