# Hetevo as a command, from the versions of requirements.lock:
#
#   docker build -t hetevo .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD/runs:/work/runs" hetevo run emergence -o runs/first
#
# --build-arg EXTRAS=cluster,data adds extras; those that requirements.lock does not hold come from an index as they are.
FROM python:3.12-slim-bookworm AS build

ARG EXTRAS=""
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
COPY requirements.lock ./
# every file is the one whose hash is locked; what only developers need is left behind here
RUN python -m pip wheel --require-hashes -r requirements.lock -w /wheels
COPY . .
RUN python -m venv /tools \
    && /tools/bin/pip install --no-index --find-links /wheels build hatchling editables \
    && /tools/bin/python -m build --wheel --no-isolation --outdir /dist \
    && python -m venv /opt/hetevo \
    && /opt/hetevo/bin/pip install --no-index --find-links /wheels /dist/*.whl \
    && if [ -n "$EXTRAS" ]; then \
        wheel=$(echo /dist/*.whl) && /opt/hetevo/bin/pip install --find-links /wheels "${wheel}[${EXTRAS}]"; \
    fi

FROM python:3.12-slim-bookworm

COPY --from=build /opt/hetevo /opt/hetevo
# a home that any user may write to: matplotlib and Ray keep things there
RUN useradd --uid 1000 --user-group --create-home hetevo \
    && mkdir -p /work/runs && chown -R hetevo /work && chmod 1777 /work /work/runs
ENV PATH=/opt/hetevo/bin:$PATH MPLBACKEND=Agg MPLCONFIGDIR=/tmp/matplotlib
WORKDIR /work
USER 1000:1000
ENTRYPOINT ["hetevo"]
CMD ["--help"]
