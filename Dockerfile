# One binary on a small base, run by nobody in particular.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package api --bin florin \
    && cp target/release/florin /usr/local/bin/florin

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin florin \
    && install --directory --owner florin --mode 0700 /data
COPY --from=build /usr/local/bin/florin /usr/local/bin/florin
USER florin
ENV FLORIN_DATA=/data \
    FLORIN_LISTEN=0.0.0.0:8080 \
    FLORIN_LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
# bash speaks enough HTTP, so that the image needs no client.
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["florin"]
CMD ["serve"]
