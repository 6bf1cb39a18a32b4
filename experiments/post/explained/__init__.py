"""Do the dynamics of the sine's networks explain the claims about them?"""
