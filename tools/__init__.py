"""Development tools that create data of the package."""
