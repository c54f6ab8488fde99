"""Decodes packets to pictures, and converts pictures to upright BGR pixels."""
