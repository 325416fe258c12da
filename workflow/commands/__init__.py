"""What `make why`, `report`, `bundle`, `tables` and `schema` run: `python -m workflow.commands.<name>`."""
