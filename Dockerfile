# docker build -t flyball .
FROM debian:12 AS build
COPY . /src
RUN cd /src && CI=true ./dev build

FROM debian:12-slim
RUN apt-get update && apt-get install -y --no-install-recommends \
	libcurl3-gnutls libgnutls30 libjansson4 libmicrohttpd12 libpcre2-8-0 libyaml-0-2 zlib1g ca-certificates && \
	rm -rf /var/lib/apt/lists/*
COPY --from=build /src/build/release/bin/flyball /src/build/release/bin/flyball-controller /src/build/release/bin/flyball-adapter /usr/local/bin/
USER 65532:65532
