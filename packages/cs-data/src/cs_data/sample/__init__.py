"""The embedded data set `sample`: support tickets in five languages, made from a seed.

How a ticket is made: a language, the facts of the case (`urgency.Facts`), a queue and a type are
drawn. Each fact is stated, mostly in two ways, by sentences of the language's phrase bank; every
such sentence has a twin that says the opposite in nearly the same words ("It can wait until next
week." / "It cannot wait until next week."). They are shuffled among sentences that belong to the
queue or the type and sentences that tell nothing. Greetings, signatures, shouting subjects, slips,
emoji and line breaks are added without regard to the facts.

What decides its urgency: `urgency.urgency`, from the facts alone. Either people cannot work and
have no way around it, or they can; and something presses (many are affected, or it is needed now),
or nothing does. Both is high, one is medium, neither is low. So no word decides: one has to read
which twin was written, and put two things together. Three labels in a hundred are wrong on purpose.
"""

from __future__ import annotations

from cs_data.sample.export import make_sample

__all__ = ["make_sample"]
