"""Training of many sub-networks at once; `settings` is the one module here that loads without torch.

batched_conv    convolutions of P candidates at once, for few channels on a processor
batched_layers  the layers of a parent network for P candidates at once
batched_sgd     the optimizer and its learning rate
data            images on the device, and their batches
groups          many groups of candidates over threads
network         P sub-networks with masks, or thinned
settings        optimizer, schedule, augmentation, precision and budget
train_group     the training loop of one group of candidates
"""
