"""Networks whose sub-networks are searched, each in the words of `core.parents`.

`mlp`, `wide_resnet`.
"""
