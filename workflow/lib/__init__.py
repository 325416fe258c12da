"""What the rules call: paths, and the settings, inputs, options and digests of each job."""
