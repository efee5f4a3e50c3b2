"""Mask rules: how the masks of sub-networks change before and during training.

rule            the base class of all rules, its context and gradients
top_k           masks that keep the highest scores
static          unchanged random masks: Weedout's own rule and three of its controls
dense_parent    all weights kept: the whole parent network
snip            connection sensitivity on one batch, before training
synflow         synaptic flow without data, before training
gmp             gradual magnitude pruning during one training
imp             iterative magnitude pruning with rewinding
drop_and_grow   the step that SET and RigL share
set             drop by magnitude, grow at random
rigl            drop by magnitude, grow by gradient
edge_popup      learned scores over weights that are not trained
"""
