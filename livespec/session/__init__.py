"""One run of the program: who starts which thread, what each owns, and how all of it ends."""
