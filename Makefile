# What a contributor and the continuous integration run. `make test` is everything.

# cargo-nextest runs the tests in parallel processes; plain `cargo test` does where it is missing.
RUN_TESTS := $(shell command -v cargo-nextest >/dev/null 2>&1 && echo cargo nextest run || echo cargo test)

.PHONY: test checks bring fmt fmt-check clippy docs api-docs book tools unit studio-check studio-test bench help

help:
	@echo "make test     formatting, clippy, documentation and every test (installs what is missing)"
	@echo "make unit     the tests alone; T='name' runs those whose name contains it"
	@echo "make test-postgres-versions   the pairs of schemas on PostgreSQL 13 and 18; VERSIONS='14 16'"
	@echo "make studio-test    the studio's page in a browser; studio-check: its built files are current"
	@echo "make fmt      format the code"
	@echo "make clippy   lints, warnings denied"
	@echo "make docs     the book (target/book) and the API documentation (target/doc)"
	@echo "make bench    time dbkit against other tools (release build)"

# Building the tools and checking the code take turns on two cores better than one after the other.
test: fmt-check
	$(MAKE) --no-print-directory -j2 --output-sync=target checks bring
	tests/with-postgres.sh $(RUN_TESTS) --workspace
	$(RUN_TESTS) --workspace --features schema-designer/sqlite --test designer
	cargo test --doc --workspace --quiet
	cargo build --quiet
	tests/with-postgres.sh studio/test.sh

unit: tools
	tests/with-postgres.sh $(RUN_TESTS) --workspace $(T)

tools:
	tests/install-tools.sh

studio-check:
	studio/check-dist.sh

studio-test: studio-check tools
	cargo build --quiet
	tests/with-postgres.sh studio/test.sh

checks:
	$(MAKE) --no-print-directory clippy
	$(MAKE) --no-print-directory api-docs

# One after the other: both may ask apt.
bring:
	$(MAKE) --no-print-directory tools
	$(MAKE) --no-print-directory studio-check

fmt:
	cargo fmt --all

fmt-check:
	cargo fmt --all --check

clippy:
	cargo clippy --workspace --all-targets --quiet -- -D warnings

docs: api-docs book

# Its commands and links are tested by tests/it/book.rs, without mdBook.
book:
	@PATH="$$PWD/target/tools/bin:$$PATH"; command -v mdbook >/dev/null || \
		cargo install mdbook --version 0.5.4 --locked --no-default-features --features search --root target/tools
	PATH="$$PWD/target/tools/bin:$$PATH" mdbook build docs

api-docs:
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

.PHONY: test-postgres-versions
test-postgres-versions:
	tests/postgres-versions.sh $(VERSIONS)

bench:
	cargo build --release
	DBKIT_TEST_FSYNC=on tests/with-postgres.sh benches/run.sh
