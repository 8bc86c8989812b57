"""The README of a trained model: what it does, how well, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import yaml

from cs_train.provenance import Facts
from cs_train.scores import Scores


def write_card(
    *,
    title: str,
    labels: Sequence[str],
    scores: Scores,
    majority: Scores,
    by_language: Mapping[str, Scores],
    facts: Facts,
    settings: Mapping[str, object],
    caveat: str | None,
) -> str:
    """Return the model card as Markdown.

    Args:
        title: what the model was trained for.
        labels: what it can answer.
        scores: of the test split.
        majority: of always guessing the commonest label, on the same split.
        by_language: scores of the test split by language.
        facts: of the run.
        settings: the whole configuration of the run.
        caveat: what the model is not good for.

    """
    languages = sorted(by_language)
    front = _yaml(
        {
            "library_name": "transformers",
            "pipeline_tag": "text-classification",
            "language": [code for code in languages if code != "und"],
            "metrics": ["accuracy", "f1"],
        }
    )
    return "\n".join(
        [
            f"---\n{front}---",
            f"# {title}",
            f"Reads a support ticket and answers with one of: {', '.join(labels)}.",
            *([f"**{caveat}**"] if caveat else []),
            "```python\nfrom cs_model import Classifier\n\n"
            'Classifier.load("path/to/this/folder").predict(["text of a ticket"])\n```',
            "## How good it is",
            f"On {scores.rows:,} tickets that it was not trained on:",
            _table(
                ("", "macro-F1", "accuracy", "calibration error"),
                [_row("this model", scores), _row("guessing the commonest label", majority)],
            ),
            _table(
                ("label", "precision", "recall", "F1", "tickets"),
                [
                    (c.label, f"{c.precision:.3f}", f"{c.recall:.3f}", f"{c.f1:.3f}", c.support)
                    for c in scores.classes
                ],
            ),
            _table(
                ("language", "macro-F1", "accuracy", "tickets"),
                [
                    (name, f"{one.macro_f1:.3f}", f"{one.accuracy:.3f}", one.rows)
                    for name, one in by_language.items()
                ],
            ),
            "## What it was made from",
            *(_table((section, ""), list(values.items())) for section, values in facts.items()),
            "## Configuration",
            f"```yaml\n{_yaml(settings).rstrip()}\n```",
            "",
        ]
    ).replace("\n#", "\n\n#")


def _yaml(values: object) -> str:
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True)


def _row(name: str, scores: Scores) -> tuple[object, ...]:
    return (
        name,
        f"{scores.macro_f1:.3f}",
        f"{scores.accuracy:.3f}",
        f"{scores.calibration_error:.3f}",
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    cells = (" | ".join(str(cell).replace("|", "\\|") for cell in line) for line in lines)
    return "\n" + "\n".join(f"| {line} |" for line in cells) + "\n"
