"""In how many networks is a sentence true?"""
