"""What all sections of settings share: their base class, and faults in sentences.

Every setting is typed, bounded and documented, in the module `settings` of its room.

Jobs get their section as one canonical JSON string with every value spelled out.
"""
