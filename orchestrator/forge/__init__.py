"""The window onto issues and pull requests.

`github_forge` alone knows PyGithub; a connection, a reader and a writer are three objects, so
that whoever is handed the reader cannot write.
"""
