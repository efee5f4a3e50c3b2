"""Processes that play for their parent, and who watches over them.

units     an evaluation cut into pieces that can be played apart
worker    what runs in a worker: the other end of the pipe
process   one worker as its parent sees it: started, heard, killed
crew      all of them: work handed out, the dead and the hung replaced
"""
