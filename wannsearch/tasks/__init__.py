"""Tasks: one file a task, its settings its fields, its defaults in `conf/task`.

cartpole          balance a pole; Gymnasium's CartPole-v1
cartpole_swingup  swing the pole up first; the task of the WANN paper
double_pole       balance two poles on one cart; the task of NEAT's paper
gymnasium         any registered environment whose spaces are supported
spaces            Gymnasium's spaces as arrays, for `gymnasium`
env_wrappers      wrappers by name and with plain arguments, for `gymnasium`
plain_arguments   arguments of constructors that are not ours, for environments and wrappers
port_names        names of the inputs and outputs of well-known environments, for `gymnasium`
registrations     how environments are made, also those of installed packages, for `gymnasium`
environment_pool  live environments, idle or in an episode, for `gymnasium`
reusable_environments  environments that may run many episodes, each proven by a test
biped             the walkers of Box2D, with or without the reward of -100 for a fall
envpool           environments of envpool, in C++, with starts of their own
rendering         the images that environments draw of their own state, for films of `gymnasium`
replayable_env    episodes as values that can be stepped twice, for `gymnasium`
logic             a truth table
digits            scikit-learn's handwritten digits, 8 x 8
mnist             handwritten digits, 28 x 28
fashion_mnist     clothes, 28 x 28
cifar10           photographs, 32 x 32 x 3
image_task        base class of the four image tasks: rewards, ports, batches
image_pool        all images of a data set in three parts
splits            training, validation and test rows, and seeds that name a part
image_root        the folder `data.root`
cart_scene        the picture of a cart with poles, for three tasks
starts            start states of a simulation, ours and the published ones
image_files/      readers of the files of image data sets
"""
