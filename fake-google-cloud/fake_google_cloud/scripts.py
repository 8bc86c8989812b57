"""Says how coming jobs and builds go: their states by the clock, their log, and how they end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from google.cloud.aiplatform_v1.types import JobState
from google.cloud.devtools.cloudbuild_v1.types import Build
from google.logging.type import log_severity_pb2


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
        if self.severity not in log_severity_pb2.LogSeverity.keys():  # noqa: SIM118  no mapping
            raise ValueError(f"no severity {self.severity!r}")


@dataclass(frozen=True)
class Script:
    """States with how many seconds each lasts, and the state at the end."""

    states: tuple[tuple[str, float], ...]
    end: str
    error: str = ""
    logs: tuple[LogLine, ...] = ()

    known_states: ClassVar[frozenset[str]]

    def __post_init__(self) -> None:
        for state in (*(state for state, _ in self.states), self.end):
            if state not in self.known_states:
                known = ", ".join(sorted(self.known_states))
                raise ValueError(f"no state {state!r}; there are {known}")

    @property
    def duration(self) -> float:
        """Seconds from the beginning to the end."""
        return sum(seconds for _, seconds in self.states)

    def state_after(self, seconds: float) -> str:
        """Return the state so many seconds after the beginning."""
        for state, lasts in self.states:
            if seconds < lasts:
                return state
            seconds -= lasts
        return self.end

    def changed_after(self, seconds: float) -> float:
        """Return when the state that holds after so many seconds began."""
        began = 0.0
        for _, lasts in self.states:
            if seconds < began + lasts:
                return began
            began += lasts
        return began

    def cut_after(
        self, seconds: float, ending: tuple[tuple[str, float], ...], end: str, error: str
    ) -> Self:
        """Return a script that is this one so far, and goes to another end from there."""
        states = []
        began = 0.0
        for state, lasts in self.states:
            if began < seconds:
                states.append((state, min(lasts, seconds - began)))
            began += lasts
        logs = tuple(line for line in self.logs if line.after <= seconds)
        return replace(self, states=(*states, *ending), end=end, error=error, logs=logs)

    def start_of(self, state: str) -> float | None:
        """Return the seconds until a state is reached first, if it is."""
        began = 0.0
        for name, lasts in self.states:
            if name == state:
                return began
            began += lasts
        return None


@dataclass(frozen=True)
class JobScript(Script):
    """How Vertex AI custom jobs go; states are those of JobState without `JOB_STATE_`."""

    states: tuple[tuple[str, float], ...] = (("QUEUED", 1), ("PENDING", 1), ("RUNNING", 2))
    end: str = "SUCCEEDED"
    error_code: str = "INTERNAL"
    """Name of the google.rpc code that goes with the error."""

    known_states = frozenset(state.name.removeprefix("JOB_STATE_") for state in JobState)  # type: ignore[attr-defined]

    @classmethod
    def failing(cls, status: int = 1, logs: tuple[LogLine, ...] = ()) -> JobScript:
        """Return the script of a job whose program exits with a status."""
        return cls(
            end="FAILED",
            error=f"The replica workerpool0-0 exited with a non-zero status of {status}.",
            error_code="INVALID_ARGUMENT",
            logs=logs,
        )

    @classmethod
    def preempted(cls, logs: tuple[LogLine, ...] = ()) -> JobScript:
        """Return the script of a SPOT job that loses its machine once, and starts over."""
        return cls(
            states=(
                ("QUEUED", 1),
                ("PENDING", 1),
                ("RUNNING", 2),
                ("PENDING", 1),
                ("RUNNING", 2),
            ),
            logs=logs,
        )


@dataclass(frozen=True)
class BuildScript(Script):
    """How Cloud Build's builds go; states are those of Build.Status."""

    states: tuple[tuple[str, float], ...] = (("QUEUED", 1), ("WORKING", 2))
    end: str = "SUCCESS"
    failure: str = "USER_BUILD_STEP"
    """Name of the Build.FailureInfo.FailureType of a build that ends in FAILURE."""

    known_states = frozenset(state.name for state in Build.Status)  # type: ignore[attr-defined]

    @classmethod
    def failing(cls, status: int = 1, logs: tuple[LogLine, ...] = ()) -> BuildScript:
        """Return the script of a build whose first step exits with a status."""
        return cls(
            end="FAILURE",
            error=f"build step 0 failed: step exited with non-zero status: {status}",
            logs=logs,
        )
