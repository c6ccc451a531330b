# The action's image. Builds with the classic builder: nothing here needs BuildKit.
FROM python:3.13-slim-trixie AS packages
COPY requirements.lock /tmp/
RUN python -m venv --without-pip /opt/orchestrator/venv \
 && python -m pip --python /opt/orchestrator/venv install --no-cache-dir --no-compile \
      --disable-pip-version-check --root-user-action=ignore \
      --require-hashes --no-deps --only-binary :all: -r /tmp/requirements.lock \
 # Requests to Bedrock are built by anthropic's client; of botocore's descriptions of every service
 # only those for that one and for signing in are read.
 && find /opt/orchestrator/venv/lib/python3.13/site-packages/botocore/data -mindepth 1 -maxdepth 1 -type d \
      ! -name 'bedrock*' ! -name 'sso*' ! -name sts ! -name signin -exec rm -r {} + \
 # Python runs isolated (-I), so the program's folder is named here and not by the environment.
 && echo /app > "$(/opt/orchestrator/venv/bin/python -c 'import site; print(site.getsitepackages()[0])')/app.pth" \
 && /opt/orchestrator/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/orchestrator/venv
# ripgrep comes with debugging symbols, four fifths of it; containers beside ours get the same copy.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends binutils \
 && mkdir -p /opt/orchestrator/beside/bin \
 && strip -o /opt/orchestrator/beside/bin/rg /opt/orchestrator/venv/bin/rg \
 && ln -sf /opt/orchestrator/beside/bin/rg /opt/orchestrator/venv/bin/rg \
 && rm -rf /var/lib/apt/lists/*

# What a container beside ours needs whatever its own /usr is, and the filters for both kinds of
# walls. The loader is called by name, so these programs run on any C library.
FROM python:3.13-slim-trixie AS walls
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3-seccomp tini util-linux \
 && rm -rf /var/lib/apt/lists/*
COPY image/filters.py /tmp/
WORKDIR /opt/orchestrator/beside/lib
WORKDIR /opt/orchestrator/beside
RUN /usr/bin/python3 -I /tmp/filters.py /opt/orchestrator \
 && cp /usr/bin/setpriv . && cp /usr/bin/tini-static tini && cp ../sibling.bpf . \
 && ldd setpriv | grep -o '/[^ ]*' | sort -u | xargs cp -t lib \
 && mv lib/ld-linux* loader && chmod -R a+rX /opt/orchestrator

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="orchestrator" \
      org.opencontainers.image.description="Turns an issue into a tested draft pull request" \
      org.opencontainers.image.licenses="Apache-2.0"
# util-linux brings setpriv and prlimit. The static tini goes where no mount over /usr can hide it.
# The program itself speaks to the engine's socket; docker-cli is for people who look inside a job.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates docker-cli git tini util-linux \
 && install -D -m 0755 /usr/bin/tini-static /opt/orchestrator/tini \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*
COPY --from=walls /opt/orchestrator /opt/orchestrator
COPY --from=packages /opt/orchestrator /opt/orchestrator
COPY LICENSE entrypoint.py image/tidy.py /app/
COPY orchestrator /app/orchestrator
COPY templates /app/templates
RUN ln -s /opt/orchestrator/beside/bin/rg /usr/local/bin/rg \
 && python -m compileall -q -j 0 --invalidation-mode unchecked-hash /app
# No USER: the runner's mounts need root. Commands of agents drop it, see orchestrator/sandbox.
# -I: neither PYTHON* variables nor the workspace can put code in front of ours.
ENTRYPOINT ["/opt/orchestrator/tini", "--", "/opt/orchestrator/venv/bin/python", "-I", "-B", "-u", "-X", "utf8", "/app/entrypoint.py"]
