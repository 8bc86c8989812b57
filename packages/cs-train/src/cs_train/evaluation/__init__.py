"""Scores of answers, and of simpler answers to the same tickets."""

from __future__ import annotations
