"""Says how coming jobs and builds go: their states by the clock, their log, and how they end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, ClassVar, Generic, Self, TypeVar

from fake_google_cloud.clock import timestamp

_FINAL = frozenset(
    "SUCCEEDED FAILED CANCELLED EXPIRED PARTIALLY_SUCCEEDED SUCCESS FAILURE INTERNAL_ERROR"
    " TIMEOUT".split()
)
_SEVERITIES = "DEFAULT DEBUG INFO NOTICE WARNING ERROR CRITICAL ALERT EMERGENCY".split()


@dataclass(frozen=True)
class LogLine:
    """One line that a replica, or a build step, logs."""

    after: float
    """Seconds since the job or build was created."""
    message: str
    severity: str = "INFO"
    replica: str = "workerpool0-0"
    as_text: bool = False
    """Whether it is the entry's `textPayload`, or `message` in its `jsonPayload`."""
    delay: float = 0
    """Seconds until Cloud Logging shows it."""
    fields: tuple[tuple[str, Any], ...] = ()
    """What else `jsonPayload` holds."""

    def __post_init__(self) -> None:
        if self.severity not in _SEVERITIES:
            raise ValueError(f"no severity {self.severity!r}")


@dataclass(frozen=True)
class Script:
    """States with how many seconds each lasts, and the state at the end."""

    states: tuple[tuple[str, float], ...]
    end: str
    error: str = ""
    logs: tuple[LogLine, ...] = ()

    known_states: ClassVar[tuple[str, ...]]

    def __post_init__(self) -> None:
        for state in (*(state for state, _ in self.states), self.end):
            if state not in self.known_states:
                raise ValueError(f"no state {state!r}; there are {', '.join(self.known_states)}")

    @property
    def starts(self) -> list[tuple[float, str]]:
        """When each state begins, in seconds from the beginning; the last one is the end."""
        times = accumulate((seconds for _, seconds in self.states), initial=0.0)
        return list(zip(times, [*(state for state, _ in self.states), self.end], strict=True))

    @property
    def duration(self) -> float:
        """Seconds from the beginning to the end."""
        return self.starts[-1][0]

    def start_of(self, wanted: str) -> float | None:
        """Return the seconds until a state is reached first, if it is on the way."""
        return next((at for at, state in self.starts[:-1] if state == wanted), None)

    def cut_after(self, seconds: float, end: str, error: str, *ending: tuple[str, float]) -> Self:
        """Return a script that is this one so far, and goes by other states to another end."""
        begun = [(at, each) for (at, _), each in zip(self.starts, self.states, strict=False)]
        states = [(name, min(lasts, seconds - at)) for at, (name, lasts) in begun if at < seconds]
        logs = tuple(line for line in self.logs if line.after <= seconds)
        return replace(self, states=(*states, *ending), end=end, error=error, logs=logs)


@dataclass(frozen=True)
class JobScript(Script):
    """How Vertex AI custom jobs go; states are those of JobState without `JOB_STATE_`."""

    states: tuple[tuple[str, float], ...] = (("QUEUED", 1), ("PENDING", 1), ("RUNNING", 2))
    end: str = "SUCCEEDED"
    error_code: str = "INTERNAL"
    """Name of the google.rpc code that goes with the error."""

    known_states = tuple(
        "QUEUED PENDING RUNNING SUCCEEDED FAILED CANCELLING CANCELLED PAUSED EXPIRED UPDATING"
        " PARTIALLY_SUCCEEDED".split()
    )

    @classmethod
    def failing(cls, status: int = 1, logs: tuple[LogLine, ...] = ()) -> JobScript:
        """Return the script of a job whose program exits with a status."""
        error = f"The replica workerpool0-0 exited with a non-zero status of {status}."
        return cls(end="FAILED", error=error, error_code="INVALID_ARGUMENT", logs=logs)

    @classmethod
    def preempted(cls, logs: tuple[LogLine, ...] = ()) -> JobScript:
        """Return the script of a SPOT job that loses its machine once, and starts over."""
        again = (("PENDING", 1), ("RUNNING", 2))
        return cls(states=(("QUEUED", 1), *again, *again), logs=logs)


@dataclass(frozen=True)
class BuildScript(Script):
    """How Cloud Build's builds go; states are those of Build.Status."""

    states: tuple[tuple[str, float], ...] = (("QUEUED", 1), ("WORKING", 2))
    end: str = "SUCCESS"
    failure: str = "USER_BUILD_STEP"
    """Name of the Build.FailureInfo.FailureType of a build that ends in FAILURE."""

    known_states = tuple(
        "PENDING QUEUED WORKING SUCCESS FAILURE INTERNAL_ERROR TIMEOUT CANCELLED EXPIRED".split()
    )

    @classmethod
    def failing(cls, status: int = 1, logs: tuple[LogLine, ...] = ()) -> BuildScript:
        """Return the script of a build whose first step exits with a status."""
        error = f"build step 0 failed: step exited with non-zero status: {status}"
        return cls(end="FAILURE", error=error, logs=logs)


_S = TypeVar("_S", bound=Script)


@dataclass
class Running(Generic[_S]):
    """A job or build as it was sent, and the script that it follows."""

    id: str
    sent: dict[str, Any]
    script: _S
    created: datetime

    def elapsed(self, now: datetime) -> float:
        """Return the seconds since it was created."""
        return (now - self.created).total_seconds()

    def state(self, now: datetime) -> str:
        """Return the state at a time."""
        elapsed = self.elapsed(now)
        return [state for at, state in self.script.starts if at <= elapsed][-1]

    def is_over(self, now: datetime) -> bool:
        """Return whether it has come to its end."""
        return self.state(now) in _FINAL

    def at(self, seconds: float) -> str:
        """Return a moment after the beginning as the APIs write it."""
        return timestamp(self.created + timedelta(seconds=seconds))

    def log_entry(self, line: LogLine, index: int, log: str, **resource: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
        """Return the entry of a line in Cloud Logging, of a log by its full name."""
        message = {"message": line.message, **dict(line.fields)}
        return {
            "logName": log,
            "resource": resource,
            "severity": line.severity,
            "insertId": f"{self.id}-{index:06}",
            "timestamp": self.at(line.after),
            "receiveTimestamp": self.at(line.after + line.delay),
            **({"textPayload": line.message} if line.as_text else {"jsonPayload": message}),
        }

    def times(self, now: datetime, started_in: str, start: str, end: str) -> dict[str, str]:
        """Return when it was started and ended, under these names, as far as it has come."""
        started, times = self.script.start_of(started_in), {}
        if started is not None and started <= self.elapsed(now):
            times[start] = self.at(started)
        if self.is_over(now):
            times[end] = self.at(self.script.duration)
        return times
