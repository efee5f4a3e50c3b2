"""core/tasks"""
