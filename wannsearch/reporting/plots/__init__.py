"""reporting/plots"""
