"""reporting/tables/weedout"""
