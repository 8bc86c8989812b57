"""Classify many tickets, a block at a time: read an export or lines, predict, write a file."""
