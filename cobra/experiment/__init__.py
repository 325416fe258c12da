"""The whole configuration: read, checked, and resolved into the settings of each job."""
