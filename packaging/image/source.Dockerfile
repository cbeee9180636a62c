# The image of Dockerfile, from source and without Go on this machine: Docker
# Compose builds it when there is no image yet. It pulls Go's image and modules;
# `make image` pulls nothing. The context is the root of the repository.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -o /image/jeton ./cmd/jeton && mkdir /image/empty

FROM scratch
COPY --from=build /image/jeton /usr/bin/jeton
COPY --from=build --chown=65532:65532 /image/empty /etc/jeton
COPY --from=build --chown=65532:65532 /image/empty /var/lib/jeton
COPY --from=build --chown=65532:65532 /image/empty /run/jeton
# Elsewhere than on loopback, for a container is a machine of its own: clients
# are served over TLS, and a fresh node waits to be told what to do.
ENV JETON_PATH_CONF=/etc/jeton \
    JETON_PATH_DATA=/var/lib/jeton \
    JETON_NETWORK_HOST=0.0.0.0
USER 65532:65532
WORKDIR /var/lib/jeton
VOLUME /var/lib/jeton
EXPOSE 9200 9300
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/bin/jeton", "ready"]
ENTRYPOINT ["/usr/bin/jeton"]
CMD ["start"]
