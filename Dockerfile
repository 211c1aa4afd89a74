# isi-conformance as a static binary in an empty image:
#   docker build --tag isi-conformance . && docker run --rm isi-conformance run dry-run
FROM docker.io/library/rust:1.95-alpine AS build
RUN apk add --no-cache musl-dev
WORKDIR /src
COPY . .
RUN cargo build --release --locked --bin isi-conformance && mkdir /empty

FROM scratch
COPY --from=build /src/target/release/isi-conformance /isi-conformance
# A folder for temporary files, which runs and registries need.
COPY --from=build --chmod=1777 /empty /tmp
USER 65532:65532
ENTRYPOINT ["/isi-conformance"]
