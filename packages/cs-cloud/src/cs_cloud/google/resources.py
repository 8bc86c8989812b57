"""What training jobs and builds have in common: how they are listed, found and started once.

Neither API takes a request id, so a lost answer leaves open whether there is a job or build. Each
therefore bears a label or tag made from all that was sent, and before a call is made again, live
ones that bear the same are looked for.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from google.api_core.exceptions import BadRequest, NotFound
from google.api_core.retry import Retry

from cs_cloud.errors import CloudError, nearest
from cs_cloud.google.api_errors import RETRY, answer_is_lost, explained
from cs_cloud.google.clients import Clients
from cs_cloud.google.log_reader import Log, LogLine

_MAX_CANDIDATES = 5
_PAUSES = (1.0, 3.0, 9.0)
"""Seconds before a create call is made again; what it has created is listed by then."""

T = TypeVar("T", bound=Any)


class Started(NamedTuple, Generic[T]):
    """A live job or build."""

    resource: T
    existed: bool
    """Whether it was live before, so that nothing was started."""


@dataclass(frozen=True)
class Summary:
    """What is known of every job and build."""

    id: str
    state: str
    created: datetime
    started: datetime | None
    """When it ran first."""
    ended: datetime | None

    def duration(self, now: datetime) -> timedelta | None:
        """Return how long it has run, or ran; None if it never did."""
        return (self.ended or now) - self.started if self.started else None


class Resources(ABC, Generic[T]):
    """The jobs, or the builds, of a project in some locations."""

    noun: ClassVar[str]
    list_command: ClassVar[str]
    collection: ClassVar[str]
    """The part before the id in a full name: projects/P/locations/L/COLLECTION/ID."""
    id_form: ClassVar[str]
    """A pattern of ids."""
    ended: ClassVar[Collection[str]]
    """The states that one stays in."""
    max_searched: ClassVar[int]
    """How many of the newest are searched for how an id or a name begins."""

    def __init__(self, clients: Clients, locations: Sequence[str]) -> None:
        self.clients = clients
        self.locations = locations
        self.where = f"{clients.project}, {' and '.join(locations)}"

    @abstractmethod
    def get(self, name: str, retry: Retry | None = RETRY) -> T:
        """Return the one of a full name; raise what Google's clients raise."""

    @abstractmethod
    def _pages(self, location: str, request: dict[str, Any]) -> Iterable[T]: ...

    @staticmethod
    @abstractmethod
    def state_of(one: T) -> str:
        """Return the state of one as people write it."""

    @abstractmethod
    def log_of(self, one: T, tail: int | None = None) -> Log:
        """Return the log of one, or only its last lines so far and what comes after them.

        Raises:
            CloudError: there is none.
        """

    @abstractmethod
    def commands_for(self, name: str) -> str:
        """Return the commands that watch and end the one of a full name."""

    def describe_change(self, before: T | None, now: T) -> str:
        """Return a line with the state that one is in now."""
        return f"{self.noun} {id_of(now)} is {self.state_of(now)}"

    def format_line(self, one: T, line: LogLine) -> str:
        """Return a line of the log as it is shown."""
        return line.message

    def names_of(self, one: T) -> tuple[str, ...]:
        """Return the id of one, and its other names."""
        return (id_of(one),)

    def find_named(self, text: str) -> Sequence[T]:
        """Return those of a display name, at most one more than are shown."""
        return ()

    def newest(self, limit: int | None = None, query: str = "") -> Sequence[T]:
        """Return the newest of all locations that pass a filter of the API, the newest first."""
        found = [one for place in self.locations for one in self._list(place, query, limit)]
        return sorted(found, key=lambda one: one.create_time, reverse=True)[:limit]

    def live(self, location: str, query: str) -> Sequence[T]:
        """Return those of a location that have not ended, the oldest first."""
        over = {*self.ended, "CANCELLING"}
        live = [one for one in self._list(location, query) if self.state_of(one) not in over]
        return sorted(live, key=lambda one: (one.create_time, one.name))

    def find(self, text: str) -> T:
        """Return the one of an id, full name or display name, or of how id or name begin.

        Raises:
            CloudError: none fits, or several do.
        """
        if not text:
            raise CloudError(f"a {self.noun}'s name is empty", self.list_command)
        if re.fullmatch(rf"projects/[^/]+/locations/[^/]+/{self.collection}/{self.id_form}", text):
            with explained(f"reading {text}"):
                return self.get(text)
        for location in self.locations if re.fullmatch(self.id_form, text) else ():
            with explained(f"reading {self.noun} {text} in {location}"):
                try:
                    return self.get(f"{self.parent(location)}/{self.collection}/{text}")
                except (NotFound, BadRequest):  # perhaps how an id or a name begins
                    pass
        found = self.find_named(text)
        newest = () if found else self.newest(self.max_searched)
        found = found or [one for one in newest if text in self.names_of(one)]
        found = found or [
            one for one in newest if any(name.startswith(text) for name in self.names_of(one))
        ]
        if len(found) != 1:
            raise CloudError(self._several(text, found) if found else self._none(text, newest))
        return found[0]

    def find_all(self, texts: Sequence[str]) -> Sequence[T]:
        """Return those that a person means, each once; see `find`."""
        found = [self.find(text) for text in texts]
        return list({one.name: one for one in found}.values())

    def create_once(
        self,
        create: Callable[[], T],
        find_live: Callable[[], Sequence[T]],
        *,
        action: str,
        report: Callable[[str], None],
    ) -> Started[T]:
        """Start one that is not live; a lost answer never starts a second one.

        Args:
            create: makes the call.
            find_live: returns the live ones that the call may have made.
            action: what is being done, for errors.
            report: is called with a line when the call is made again.
        """
        for pause in (*_PAUSES, None):
            try:
                with explained(action):
                    return Started(create(), existed=False)
            except CloudError as error:
                if pause is None or not answer_is_lost(error):
                    raise
                report(f"{error}; looking whether there is a {self.noun}, and trying again")
                self.clients.sleep(pause)
                if live := find_live():
                    return Started(live[0], existed=False)
        raise AssertionError("the last attempt raises")

    def parent(self, location: str) -> str:
        """Return the parent of those in a location, as the API names it."""
        return f"projects/{self.clients.project}/locations/{location}"

    def _list(self, location: str, query: str, limit: int | None = None) -> Iterable[T]:
        size = min(limit or 100, 100)
        request = {"parent": self.parent(location), "filter": query, "page_size": size}
        with explained(f"listing the {self.noun}s of {self.clients.project} in {location}"):
            return list(islice(self._pages(location, request), limit))

    def _none(self, text: str, newest: Sequence[T]) -> str:
        names = [name for one in newest for name in self.names_of(one)]
        hint = nearest(text, names, f"list the {self.noun}s: {self.list_command}")
        return f"there is no {self.noun} {text} in {self.where}; {hint}"

    def _several(self, text: str, found: Sequence[T]) -> str:
        candidates = []
        for one in found[:_MAX_CANDIDATES]:
            identifier, *names = self.names_of(one)
            candidates.append(f"{identifier} ({', '.join([*names, self.state_of(one)])})")
        listed = ", ".join(candidates) + ", …" * (len(found) > _MAX_CANDIDATES)
        return f"{text} fits several {self.noun}s; name one by its id: {listed}"


def id_of(one: Any) -> str:  # noqa: ANN401  a job or a build
    """Return the last part of the full name of a job or build, by which it is known."""
    return str(one.name.rpartition("/")[2])


def location_of(name: str) -> str:
    """Return the location, for a job the region, in a full name."""
    return name.split("/")[3]
