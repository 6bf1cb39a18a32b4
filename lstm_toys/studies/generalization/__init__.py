"""What do networks answer over whole grids of curves?"""
