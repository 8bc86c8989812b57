"""The embedded data set `sample`: support tickets in five languages, made from a seed.

How a ticket is made: a language, four facts (`Facts`: are many affected, has work stopped, is there
a workaround, must it be solved soon), a queue and a type are drawn. Each fact is stated by one
sentence of the language's phrase bank, where every sentence has a twin that says the opposite in
nearly the same words ("It can wait until next week." / "It cannot wait until next week."). The four
are shuffled among sentences that tell the queue and the type and sentences that tell nothing, then
greeting, signature, shouting subjects, typos, emoji and line breaks are added without regard to
the facts.

What decides its urgency: `urgency.urgency`, from the facts alone. Work that has stopped without
a workaround is a standstill; many affected or a near deadline is pressure; both are high, one is
medium, neither is low. So no word decides, and whoever wants to know has to read which sentence of
each pair was written. Three labels in a hundred are wrong on purpose.
"""

from cs_data.sample.export import make_sample

__all__ = ["make_sample"]
