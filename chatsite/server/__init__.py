"""How gunicorn serves: its workers, slow peers, leaving, and the local model beside it."""
