# The training image for machines without a GPU. From the root of the repository:
#
#   docker build -f dockerfiles/train_cpu.dockerfile --build-arg COMMIT="$(git rev-parse HEAD)" -t train-cpu .
#
#   --build-arg BASE=NAME@sha256:DIGEST         pins the base (docker buildx imagetools inspect NAME)
#   --build-arg MODEL=NAME                      puts a base model of the Hugging Face hub into the image
#   --secret id=uv.toml,src=FILE                names another package index to uv
#   --build-arg TORCH_INDEX=URL                 takes torch from there; with no URL, from uv's own index
ARG BASE=ghcr.io/astral-sh/uv:python3.12-bookworm-slim

FROM ${BASE} AS base
# tini is process 1, which would ignore signals if it were Python or a shell
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini \
    && rm -rf /var/cache/* /var/lib/apt/lists/* /var/log/*

FROM base AS builder
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON_DOWNLOADS=never \
    PYC_INVALIDATION_MODE=UNCHECKED_HASH \
    VIRTUAL_ENV=/opt/venv \
    PATH=/opt/venv/bin:$PATH
RUN uv venv --python python3 /opt/venv

FROM builder AS requirements
COPY dockerfiles/requirements.py /
COPY packages/cs-data/pyproject.toml /1.toml
COPY packages/cs-model/pyproject.toml /2.toml
COPY packages/cs-train/pyproject.toml /3.toml
COPY packages/cs-cloud/pyproject.toml /4.toml
RUN python3 /requirements.py /1.toml /2.toml /3.toml /4.toml > /requirements.txt \
    && touch --date=@0 /requirements.txt  # so that its content alone decides what is built anew

FROM builder AS dependencies
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
COPY constraints/cpu.txt /constraints.txt
# first, and without what it asks for, else the build for CUDA comes: gigabytes
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=secret,id=uv.toml,target=/etc/uv/uv.toml \
    uv pip install --no-deps ${TORCH_INDEX:+--index "${TORCH_INDEX}"} "$(grep ^torch== /constraints.txt)+cpu" \
    && rm -rf /opt/venv/lib/python3*/site-packages/torch/include /opt/venv/lib/python3*/site-packages/torch/test
COPY --from=requirements /requirements.txt /
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=secret,id=uv.toml,target=/etc/uv/uv.toml \
    uv pip install --constraints /constraints.txt --requirements /requirements.txt \
    && find /opt/venv -depth -type d -name tests -exec rm -r {} + \
    && rm /opt/venv/.lock

FROM dependencies AS model
ARG MODEL=
ARG HF_ENDPOINT=https://huggingface.co
RUN mkdir /opt/models \
    && if [ -n "${MODEL}" ]; then \
        HF_HUB_CACHE=/opt/models hf download "${MODEL}" \
            --include '*.json' --include '*.txt' --include '*.model' --include 'model*.safetensors'; \
    fi

FROM builder AS packages
COPY constraints/cpu.txt /constraints.txt
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=secret,id=uv.toml,target=/etc/uv/uv.toml \
    uv pip install --constraints /constraints.txt hatchling
COPY packages /src
RUN for package in /src/*; do uv build --wheel --offline --no-build-isolation --out-dir /wheels "${package}"; done \
    && uv pip install --offline --no-deps --prefix /packages /wheels/*.whl \
    && rm /packages/.lock

FROM base
# hadolint ignore=DL3059
RUN useradd --no-log-init --uid 10001 --create-home train
COPY --from=dependencies /opt/venv /opt/venv
COPY --from=model /opt/models /opt/models
WORKDIR /app
COPY .dvc/config .dvc/config
COPY data/raw/*.dvc data/raw/
COPY dockerfiles/entrypoint.sh ./
# the only layer that a change of our code makes anew
COPY --from=packages /packages /opt/venv

ARG MODEL=
ARG VERSION=0
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="train-cpu" \
    org.opencontainers.image.description="Trains a classifier of support tickets on a CPU" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${COMMIT}"
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CS_COMMIT=${COMMIT} \
    CS_BASE_MODEL=${MODEL}
USER 10001
ENTRYPOINT ["tini", "--", "/app/entrypoint.sh"]
