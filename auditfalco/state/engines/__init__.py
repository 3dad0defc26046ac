"""What container engines write about their containers, one module for each engine.

State files alone are read, and no engine's socket is asked.
"""
