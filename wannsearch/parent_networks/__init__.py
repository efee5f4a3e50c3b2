"""Parent networks whose sub-networks are searched, each built from the operations of `LayerOps`.

mlp           multilayer perceptron with maskable hidden units
wide_resnet   wide residual network with maskable channels inside each block
"""
