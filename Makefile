# One command prepares data (`make prepare-amos`), one runs the tests (`make test`); `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PACKAGES := libdeflate-dev libdnnl-dev libopenblas-dev libopenmpi-dev libpng-dev libsqlite3-dev libssl-dev libxxhash-dev openmpi-bin pkg-config python3 python3-venv zlib1g-dev
IRIS := .build/release/iris

# Waiting OpenMP threads sleep instead of spinning: builds and tests share the cores with other work.
export OMP_WAIT_POLICY := passive

.PHONY: help deps build build-static dist test test-slurm test-all test-faults test-threads test-python coverage bench bench-peers bench-gzip demo docs man completions reference test-tutorials fuzz format lint clean hippocampus

help: ## list the targets
	@grep -hE '^(# )?[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^(# )?([a-z-]+):.*## /\2\t/' | expand -t 20

deps: ## install the system packages that are missing (Debian, as root)
	@missing=$$(for p in $(PACKAGES); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q '^install ok installed' || echo $$p; done); \
	if [ -z "$$missing" ]; then echo "system packages: all present"; else \
	echo "installing with apt-get:" $$missing; apt-get update -qq; \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi

build: deps ## build the release binary, .build/release/iris
	swift build -c release --product iris

# No path of this machine in the program.
REPRODUCIBLE := -Xcc '-ffile-prefix-map=$(CURDIR)=.' -Xswiftc -file-prefix-map -Xswiftc '$(CURDIR)=.'

STATIC := -c release --static-swift-stdlib --scratch-path .build-static $(REPRODUCIBLE)

build-static: deps ## build .build-static/release/iris, which runs without Swift's libraries
	swift build $(STATIC) --product iris

dist: build-static ## pack dist/iris-VERSION-linux-ARCHITECTURE.tar.gz, which runs on plain Debian 12
	swift build $(STATIC) --product generate-manual
	$(call manual,.build-static/release)
	@Scripts/dist.sh .build-static/release/iris $(MANUAL)

# One after the other: some tests lower the instruction set of the whole process, which others compare bits on.
test: deps ## build and run the tests
	swift build -c release --build-tests --explicit-target-dependency-import-check error
	swift test -c release --disable-testable-imports --skip-build --no-parallel

# Tests that need PyTorch are skipped, and say so, where it is not installed: pip install torch into clients/python/.venv.
test-python: build clients/python/.venv/ready ## test the Python client against the release binary
	cd clients/python && IRIS='$(CURDIR)/$(IRIS)' .venv/bin/python -m pytest -q

clients/python/.venv/ready: clients/python/pyproject.toml
	python3 -m venv clients/python/.venv
	clients/python/.venv/bin/python -m pip install --quiet --disable-pip-version-check 'numpy>=1.24' 'pytest>=7'
	touch $@

test-all: ## run the tests, the slow ones too
	IRIS_SLOW_TESTS=1 $(MAKE) test

# Every write step of preparing, storing, training and streaming, 100 kills of each command, 50 of each side of a stream.
FAULT_TESTS := StoreFaultTests|StreamFaultTests|StreamKillTests|ClockTests|HostileInputTests|HostileResultsTests|PrepareTests.killed|TrainTests.kill

test-faults: deps ## walk all faults, at every step and with 100 kills; takes an hour or so
	swift build -c release --build-tests
	IRIS_SLOW_TESTS=1 swift test -c release --disable-testable-imports --skip-build --no-parallel --filter '$(FAULT_TESTS)'

# What runs concurrently, the C of CKernels included. Tests/thread-sanitizer.txt says what is not reported, and why.
# Of the audit the self-test, the report, lock files and the search for copies, without the shared trees.
THREAD_TESTS ?= WorkerThreadsTests|VolumeStoreTests|PreparationTests|EpisodeStreamTests|SharingServerTests|MetricsTests|TrainerTests|AuditorTests/(selfTest|theReport|fastReads|lockFiles)|DuplicateSearchTests|SecondLooksTests|ThreeCopiesTests

test-threads: deps ## run the concurrent parts' tests under ThreadSanitizer; THREAD_TESTS=EpisodeStreamTests for some
	swift build --build-tests --sanitize=thread --scratch-path .build-tsan
	TSAN_OPTIONS="halt_on_error=0 exitcode=66 suppressions='$(CURDIR)/Tests/thread-sanitizer.txt'" OMP_NUM_THREADS=1 \
	IRIS_SHARED_DATA=/nowhere \
	swift test --sanitize=thread --scratch-path .build-tsan --skip-build --filter '$(THREAD_TESTS)'

# In a folder of its own, so that .build keeps its objects. IRIS_COVERAGE lets C be counted too; Package.swift reads it.
COVERAGE := .build-coverage
COVERAGE_FLAGS := -c release --scratch-path $(COVERAGE)

# Told to enable coverage, `swift test` fails where a killed program left a profile cut short; the script leaves those out.
coverage: export IRIS_COVERAGE := 1
coverage: deps ## measure line coverage by module and write .build-coverage/report, half an hour; COVERAGE_TESTS=NIfTITests for some
	swift build $(COVERAGE_FLAGS) --enable-code-coverage --build-tests
	rm -rf $(COVERAGE)/release/codecov
	LLVM_PROFILE_FILE='$(CURDIR)/$(COVERAGE)/release/codecov/%m.%p.profraw' \
	swift test $(COVERAGE_FLAGS) --disable-testable-imports --skip-build --no-parallel $(if $(COVERAGE_TESTS),--filter '$(COVERAGE_TESTS)')
	Scripts/coverage.py $(COVERAGE)/release $(COVERAGE)/report

test-slurm: build ## run the jobs of docs/cluster on a Slurm of this one machine (as root, with slurm-wlm and munge)
	Tests/Slurm/run.sh $(IRIS)

# The folders of raw datasets; give others on the command line, such as make prepare-amos AMOS22=/data/AMOS22.
STORE ?= datasets/store
AMOS22 ?= datasets/raw/amos22
BCV ?= datasets/raw/bcv
LITS ?= datasets/raw/lits
KITS19 ?= datasets/raw/kits19
MNMS ?= datasets/raw/mnms
BRAIN ?= datasets/raw/brain-aging
MSD ?= datasets/raw/msd
NNUNET ?= datasets/raw/nnunet
HIPPOCAMPUS ?= datasets/raw/hippocampus

# target, manifest, variable, preparation when not the paper's
DATASETS := amos:amos22:AMOS22 bcv:bcv:BCV lits:lits:LITS kits:kits19:KITS19 mnms:mnms:MNMS brain:brain-aging:BRAIN \
	msd:msd:MSD nnunet:nnunet:NNUNET hippocampus:msd-hippocampus:HIPPOCAMPUS:configs/prepare/hippocampus.yaml
PREPARATIONS := $(foreach d,$(DATASETS),prepare-$(word 1,$(subst :, ,$(d))))
AUDITS := $(foreach d,$(DATASETS),audit-$(word 1,$(subst :, ,$(d))))
.PHONY: prepare-all audit-all $(PREPARATIONS) $(AUDITS)

prepare-all: $(PREPARATIONS) ## prepare every dataset, or its synthetic stand-in where it is absent
audit-all: $(AUDITS) ## audit every dataset

# prepare-amos, audit-amos and so on; $(1) target, $(2) manifest, $(3) variable, $(4) preparation or nothing
define dataset_rules
prepare-$(1): build
	@IRIS=$$(IRIS) CONFIG=$(4) Scripts/dataset.sh $$@ $(2) $(3) "$$($(3))" "$$(origin $(3))" "$$(STORE)"
audit-$(1): build
	@IRIS=$$(IRIS) Scripts/dataset.sh $$@ $(2) $(3) "$$($(3))" "$$(origin $(3))" "$$(STORE)"
endef
$(foreach d,$(DATASETS),$(eval $(call dataset_rules,$(word 1,$(subst :, ,$(d))),$(word 2,$(subst :, ,$(d))),$(word 3,$(subst :, ,$(d))),$(word 4,$(subst :, ,$(d))))))

# What `make help` lists of these.
# prepare-amos: ## prepare AMOS22=DIR (default datasets/raw/amos22) into STORE=DIR (default datasets/store)
# audit-amos: ## audit AMOS22=DIR

# The folder of the run; a training that is there already goes on.
RUN ?= runs/hippocampus
TRAINING ?= configs/train/hippocampus.yaml

hippocampus: prepare-hippocampus ## prepare HIPPOCAMPUS=DIR, train in RUN=DIR, evaluate all strategies and write the report
	@IRIS=$(IRIS) Scripts/hippocampus.sh "$(HIPPOCAMPUS)" "$(STORE)" "$(RUN)" "$(TRAINING)"

# Each reader of foreign bytes in turn, for so many seconds. What is found lies in .build-fuzz/found; corpora grow beside it.
# Images are written to memory, which makes three times as many of them.
FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?= nifti gzip manifest plan safetensors token

fuzz: deps ## run the fuzzers with AddressSanitizer, FUZZ_SECONDS each; FUZZ_TARGETS="nifti plan" for some
	IRIS_FUZZ=1 swift build -c release --product iris_fuzz -Xswiftc -sanitize=fuzzer,address --scratch-path .build-fuzz
	@mkdir -p .build-fuzz/found
	@for target in $(FUZZ_TARGETS); do \
	  mkdir -p .build-fuzz/corpora/$$target; \
	  FUZZ_TARGET=$$target TMPDIR=/dev/shm SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 .build-fuzz/release/iris_fuzz \
	    -max_total_time=$(FUZZ_SECONDS) -max_len=8192 -timeout=20 -rss_limit_mb=3000 -print_final_stats=1 \
	    -artifact_prefix=.build-fuzz/found/$$target- .build-fuzz/corpora/$$target Tests/FuzzTests/Corpora/$$target; \
	done

demo: build ## from nothing to a report of a toy model trained on synthetic data, in datasets/phantom/demo
	@IRIS=$(IRIS) Scripts/demo.sh datasets/phantom/demo

LIBRARIES := AtomicFiles Configuration Datasets Digests Episodes IrisModel IrisTraining Metrics NIfTI Pictures Preparation \
	RandomNumbers Reports Tensors VolumeStore Volumes WorkerThreads

# A parameter that is not there, or missing among others, and a link that leads nowhere end it.
docs: deps ## write the libraries' reference to .build-docs
	swift package --allow-writing-to-directory .build-docs generate-documentation --output-path .build-docs \
	--warnings-as-errors --enable-experimental-combined-documentation $(foreach l,$(LIBRARIES),--target $(l))

# What packagers take: .build-docs/man/iris.1 and .build-docs/completions/{iris.bash,_iris,iris.fish}.
MANUAL := .build-docs/man/iris.1
COMPLETIONS := .build-docs/completions

# Writes the manual page of the program in a folder; generate-manual lies beside it. Paragraphs are not empty lines in mdoc.
manual = @mkdir -p $(dir $(MANUAL)) && $(1)/generate-manual $(1)/iris \
	--date "$$(git log -1 --format=%cs 2>/dev/null || date +%F)" --output-directory $(dir $(MANUAL)) && \
	sed -i 's/^$$/.Pp/' $(MANUAL)

man: build ## write the manual page to .build-docs/man/iris.1
	swift build -c release --product generate-manual
	$(call manual,.build/release)

completions: build ## write the completions for bash, zsh and fish to .build-docs/completions, and try them
	@mkdir -p $(COMPLETIONS)
	$(IRIS) --generate-completion-script bash > $(COMPLETIONS)/iris.bash
	$(IRIS) --generate-completion-script zsh > $(COMPLETIONS)/_iris
	$(IRIS) --generate-completion-script fish > $(COMPLETIONS)/iris.fish
	Tests/Completions/run.sh $(IRIS)

reference: build ## renew docs/reference from what the program reads by
	@mkdir -p docs/reference
	$(IRIS) reference configuration > docs/reference/configuration.md
	$(IRIS) reference commands > docs/reference/commands.md

test-tutorials: build ## run the commands of docs/tutorials as they stand
	Scripts/tutorials.py --program $(IRIS)

format: ## format all Swift code
	swift format --in-place --parallel --recursive Package.swift Sources Tests

lint: ## check the format of all Swift code, that public declarations are documented, and the documents' links
	swift format lint --strict --parallel --recursive Package.swift Sources Tests
	Scripts/undocumented.py Sources
	git ls-files -z '*.md' | xargs -0 Scripts/links.py

PEERS := Benchmarks/.venv/bin/python

bench-peers: ## make Benchmarks/.venv with the tools that `make bench` compares with
	@[ Benchmarks/.venv/made -nt Benchmarks/requirements.txt ] || { \
	python3 -m venv Benchmarks/.venv && $(PEERS) -m pip install --quiet --disable-pip-version-check \
	-r Benchmarks/requirements.txt && touch Benchmarks/.venv/made; }

bench: build bench-peers ## measure the hot paths beside other tools; SECTIONS="resample prepare" for some
	swift build -c release --product iris-bench
	swift build -c release --product iris-bench-model
	$(PEERS) Benchmarks/run.py $(SECTIONS)

# Files of one gzip member to measure; the words ct and labels stand for synthetic volumes.
GZIP_FILES ?= ct labels $(wildcard ../shared/data/amos22/*Tr/amos_0001.nii.gz ../shared/data/kits19/data/case_00061/*.nii.gz ../shared/data/nifti/niivue_*i*.nii.gz)

bench-gzip: ## compare libdeflate, zlib and ISA-L on gzip files
	@dpkg-query -W -f='$${Status}' libisal-dev 2>/dev/null | grep -q '^install ok installed' || \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libisal-dev >/dev/null
	@mkdir -p .build-bench
	$(CC) -O2 -o .build-bench/gzip_bench Benchmarks/gzip/gzip_bench.c -ldeflate -lz -lisal -lm
	.build-bench/gzip_bench $(GZIP_FILES)

clean: ## remove what the build made
	rm -rf .build .build-static .build-bench .build-coverage .build-dist .build-fuzz .build-tsan clients/python/.venv .build-docs dist
