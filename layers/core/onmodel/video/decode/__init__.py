"""From packets to pictures, and from pictures to upright BGR pixels."""
