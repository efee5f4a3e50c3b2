"""core/subnetworks"""
