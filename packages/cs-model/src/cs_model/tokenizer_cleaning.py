"""Let a tokenizer clean a text as training data was cleaned; it is stored in tokenizer.json."""

from __future__ import annotations

from tokenizers import Regex, normalizers
from transformers import PreTrainedTokenizerBase

from cs_data.cleaning import STEPS, Normalize, Step, Unescape
from cs_data.windows_paths import WINDOWS_PATH


def add_cleaning(tokenizer: PreTrainedTokenizerBase) -> None:
    r"""Let the tokenizer read most raw texts as it reads prepared tickets.

    Exports write line breaks and tabs as the two characters `\n` and `\t`, accents in two code
    points, and more. The steps are those that `cs_data.cleaning.clean_text` takes with every text,
    for programs that load a model without this package. A normalizer can neither read HTML nor find
    quoted mail, which a `Classifier` does, and it leaves blanks around the text: a step that strips
    them would also empty those tokens of a vocabulary that are nothing but blanks.
    """
    if not tokenizer.is_fast or cleans(tokenizer, "\\n\\t"):
        return
    backend = tokenizer.backend_tokenizer
    steps = [_normalizer(step) for step in STEPS]
    if backend.normalizer is not None:
        steps.append(backend.normalizer)
    backend.normalizer = normalizers.Sequence(steps)


def cleans(tokenizer: PreTrainedTokenizerBase, escapes: str) -> bool:
    r"""Return whether the tokenizer reads escapes such as `\n` as what they stand for."""
    normalizer = tokenizer.backend_tokenizer.normalizer
    return normalizer is not None and "\\" not in normalizer.normalize_str(escapes)


def _normalizer(step: Step) -> normalizers.Normalizer:
    if isinstance(step, Normalize):
        form: normalizers.Normalizer = getattr(normalizers, step.form)()
        return form
    if isinstance(step, Unescape):
        # A match starts where the one before ended and keeps (\K) all that is no escape, so that no
        # match starts inside a path.
        kept = rf"\G(?>(?:[^\\]+|{WINDOWS_PATH}|(?!{step.escape})\\)*)\K"
        return normalizers.Replace(Regex(f"{kept}(?:{step.escape})"), step.replacement)
    pattern = step.pattern
    exact = pattern if isinstance(pattern, str) else Regex(pattern.pattern)
    return normalizers.Replace(exact, step.replacement)
