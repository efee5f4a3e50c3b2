"""Mask rules: what becomes of a sub-network's masks before and during training.

`rule` is what all of them share and what the trainer hands them, `keep` turns scores into masks. One
module each: `static` (Weedout's own and its controls), `dense_parent`; `imp`, `gmp`, `set` and `rigl`
(what they share is `regrow`), `edge_popup`, `snip`, `synflow`. torch is at home here, and loaded by
nobody but a training.
"""
