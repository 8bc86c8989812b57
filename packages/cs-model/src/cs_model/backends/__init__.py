"""Engines that compute the logits of encoded texts, behind one interface."""
