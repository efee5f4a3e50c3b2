"""Films of episodes, from recorded frames (`core.film_frames`) to the bytes of a file; Pillow draws them.

canvas        every frame of a film as one picture: tiles, captions, the running step, the network
scene_image   one scene as an image
gif           a film as a GIF with one palette
mp4           a film as an MP4, by ffmpeg
"""
