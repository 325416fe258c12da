"""Every setting of the experiment: typed, bounded, documented, one module per section.

Import the section you need (`from cobra.settings.attack import AttackSettings`): the code digest
of a job covers exactly the modules it imports, so a changed attack default retrains nothing.
"""
