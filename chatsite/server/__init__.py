"""How gunicorn serves: its workers, slow peers, the end of a worker, and the local model beside it."""
