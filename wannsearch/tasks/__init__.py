"""What networks are asked to do. One file a task, its settings its fields, its defaults in `conf/task`.

cartpole           balance a pole; Gymnasium's CartPole-v1
cartpole_swingup   swing the pole up first; the task of the WANN paper
double_pole        balance two poles on one cart; the task of NEAT's paper
gymnasium          any registered environment with Box or Discrete spaces (spaces, replayed)
logic              a truth table
starts             where a simulation begins
"""
