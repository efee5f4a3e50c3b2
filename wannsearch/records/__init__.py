"""Run folders: the files that a search writes, and that every later command reads.

layout           names of the files, and the number of the folder's format
writer           the files of a run, generation by generation
background       recording in a thread beside the search
files            writing of whole files, synced to the disk
csv_files        CSV rows in full precision
episode_files    the steps and frames of one episode of the best network
candidate_files  the files and sizes of each kind of candidate
reader           the one reader: opens every file of a run folder
plot_data        the contents that a picture draws
stored_config    the config, read as a stranger's file
run_status       the state of a run, from its files and its lock
run_folders      all runs and sweeps below a folder
claim            the owner of a folder, and how far its run has come
lock             a lock that ends with its owner
ledger           the jobs of a sweep and their states
checkpoint       the state of a search, and how often it is written
array_file       named arrays in one file with a checksum
state_arrays     the state of a method as arrays
champion_arrays  the champion as arrays
environment      versions and variables that the bits depend on
"""
