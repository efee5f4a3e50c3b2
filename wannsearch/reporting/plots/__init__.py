"""Plots of one run folder, as the bytes of SVG and PNG files; matplotlib is imported inside functions only.

pictures             all plots of a topology search or of a tuning; `trained_subnetworks` draws its own
plot_selection       the key `plots`: which plots a run draws
learning_curve       scores and sizes against evaluations
weight_sweep         held-out score against the shared weight
complexity           score against connections, with the Pareto front
network              the drawing of a network
pixel_grid           the pixels that a network uses, beside that drawing
filmstrip            eight frames of an episode of the best network
layered_layout       coordinates of nodes and edges for that drawing
trained_subnetworks  training curves and accuracies of trained sub-networks
style                colors, fonts and headers of all plots, and reproducible bytes
"""
