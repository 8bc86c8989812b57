"""The README of a trained model: what it does, how well, and where it comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict

import yaml

from cs_train.evaluation.evaluate import MAJORITY_GUESS, EvaluationResult
from cs_train.evaluation.scores import Scores
from cs_train.outputs.result import RunResult
from cs_train.outputs.wording import caution, margin


def model_card(result: RunResult) -> str:
    """Return the model card of a finished run as Markdown."""
    test = result.test
    warning = caution(test.scores, test.baselines[MAJORITY_GUESS])
    front = _yaml(
        {
            "library_name": "transformers",
            "pipeline_tag": "text-classification",
            "language": sorted(filter(_is_language_code, test.by_language)),
            "metrics": ["accuracy", "f1"],
        }
    )
    scored = {"this model": test.scores, **test.baselines}
    return "\n".join(
        [
            f"---\n{front}---",
            f"# {result.title}",
            f"Reads a support ticket and answers with one of: {', '.join(result.labels)}.",
            *(f"**{each}**" for each in (result.caveat, warning) if each),
            "```python\nfrom cs_model import Classifier\n\n"
            'Classifier.load("path/to/this/folder").predict(["text of a ticket"])\n```',
            "## How good it is",
            f"On {test.scores.rows:,} tickets that it was not trained on (the majority guess is "
            "always the most common label):",
            _table(
                ("", "macro-F1", "accuracy", "calibration error"),
                [_row(name, scores) for name, scores in scored.items()],
            ),
            *([result.accuracy_limit] if result.accuracy_limit else []),
            _table(
                ("label", "precision", "recall", "F1", "tickets"),
                [
                    (c.label, f"{c.precision:.3f}", f"{c.recall:.3f}", f"{c.f1:.3f}", c.support)
                    for c in test.scores.classes
                ],
            ),
            *([_languages(test)] if result.has_languages else []),
            margin(test.scores),
            "## What it was made from",
            *(_table((name, ""), list(values.items())) for name, values in result.facts.items()),
            "## Configuration",
            f"```yaml\n{_yaml(asdict(result.config)).rstrip()}\n```",
            "",
        ]
    ).replace("\n#", "\n\n#")


def _is_language_code(language: str) -> bool:
    # The hub takes no names, such as `deutsch`.
    return language != "und" and re.fullmatch("[a-z]{2,3}(-[a-z]+)?", language) is not None


def _languages(test: EvaluationResult) -> str:
    return _table(
        ("language", "macro-F1", "accuracy", "tickets"),
        [
            (name, f"{one.macro_f1:.3f}", f"{one.accuracy:.3f}", one.rows)
            for name, one in test.by_language.items()
        ],
    )


def _yaml(values: object) -> str:
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def _row(name: str, scores: Scores) -> tuple[object, ...]:
    figures = (scores.macro_f1, scores.accuracy, scores.calibration_error)
    return (name, *(f"{figure:.3f}" for figure in figures))


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    cells = (" | ".join(str(cell).replace("|", "\\|") for cell in line) for line in lines)
    return "\n" + "\n".join(f"| {line} |" for line in cells) + "\n"
