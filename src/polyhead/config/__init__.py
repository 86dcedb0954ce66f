"""The experiment as typed, documented models, and the only place that knows the YAML."""
