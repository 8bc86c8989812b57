"""Builds the images with buildah, on bases that stand in for the real ones, and runs them.

Needs root, buildah, debootstrap and uv. All that buildah keeps lies in the folder --storage, apart
from the images of whoever runs this: a base that only stands in must not be taken for a real one.
"""

import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from cs_cloud.testing import FakeCloud

ROOT = Path(__file__).parents[2]
BASES = {
    "cpu": "ghcr.io/astral-sh/uv:python3.12-bookworm-slim",
    "cu128": "docker.io/nvidia/cuda:12.8.0-runtime-ubuntu24.04",
}
# without CUDA, torch is the CPU's here too, and the rest of the versions goes with it
IN_PLACE_OF_CUDA = ("TORCH=", "CONSTRAINTS=constraints/cpu.txt")
SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PLANTED = "planted-7f3b-key"
BUILD_SECONDS = 1500
RUN_SECONDS = 240
