"""What networks are asked to do. One file a task, its settings its fields, its defaults in `conf/task`.

cartpole           balance a pole; Gymnasium's CartPole-v1
cartpole_swingup   swing the pole up first; the task of the WANN paper
double_pole        balance two poles on one cart; the task of NEAT's paper
gymnasium          any registered environment with Box or Discrete spaces (spaces, replayed)
logic              a truth table
digits             scikit-learn's handwritten digits, 8 x 8
mnist              handwritten digits, 28 x 28 (fashion_mnist: clothes; cifar10: photographs, 32 x 32 x 3)
image_task         what those four share: rewards, ports, batches
image_pool, splits which images train, validate and test
image_files        the files that images lie in, below image_root
starts             where a simulation begins
"""
