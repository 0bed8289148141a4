"""Settings, sections of TOML files, credentials and channels."""
