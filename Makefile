# The commands a person types. `make` alone lists them.

# Where the daemon looks is set as for the program itself, in the environment or as in
# `make start MCTL_CONFIG_DIR=/etc/fleet`: MCTL_CONFIG_DIR, MCTL_DB_PATH, MCTL_SOCKET_PATH, MCTL_LOG_DIR.

# make install: programs below PREFIX, state below HOME_DIR, all of it below DESTDIR.
PREFIX       ?= /usr/local
HOME_DIR     ?= /opt/master-control
SERVICE_USER ?= master-control
DESTDIR      ?=

SWIFT ?= swift
# make logs F=1 follows, N= sets the number of lines.
F ?=
N ?= 50
# make soak ROUNDS=
ROUNDS ?= 100
# make fuzz SECONDS= SEED=
SECONDS ?= 600
SEED ?= 1
# make test ARGS='--filter Cron'
ARGS ?=
# Tests at the same time: more of them than the processor can serve are late for one another.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 12
# make test-systemd STEPS='stops|restarts'
STEPS ?=

RELEASE := .build/release
# A folder that was only installed to has no build.
MC = $(or $(wildcard $(RELEASE)/master-control),$(shell command -v master-control),$(error \
	master-control is not built; run 'make build' first))

.DEFAULT_GOAL := help
.PHONY: help build demo test test-systemd soak fuzz check bench install start stop restart status logs validate clean bootstrap

help: ## this list
	@echo "Master Control. 'make demo' shows a fleet, 'make test' tests it all; both install what they need."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# What debuggers read is two fifths of a program; the names of functions, which a crash report shows, stay.
RELEASE_BUILD := $(SWIFT) build -c release --static-swift-stdlib -Xlinker --strip-debug

build: ## release binaries in .build/release (some minutes the first time)
	$(RELEASE_BUILD) --product master-control
	$(RELEASE_BUILD) --product mc-keeper
	$(RELEASE_BUILD) --product mc-console

demo: bootstrap build ## a central and three clients with lively workloads, until Ctrl-C
	@scripts/demo

test: bootstrap ## all tests; ARGS is passed on to 'swift test'
	$(SWIFT) build --build-tests
ifeq ($(ARGS),)
	@# Apart, so that tests that have to be in time do not share the processor with the real programs.
	$(SWIFT) test --skip-build --skip EndToEnd --skip '^Fuzz\.'
	@# Apart, as it measures what each input takes.
	MCTL_FUZZ_ALONE=1 $(SWIFT) test --skip-build --filter '^Fuzz\.'
	$(SWIFT) test --skip-build --filter EndToEnd
else
	$(SWIFT) test --skip-build $(ARGS)
endif

test-systemd: bootstrap ## the service in a booted Debian, a few minutes as root; STEPS= some of it
	@STEPS='$(STEPS)' scripts/test-systemd

check: ## format, imports, lengths, documents, shell and Python scripts
	@scripts/check

fuzz: bootstrap ## random damage to all that comes from outside; SECONDS=600, SEED=1
	$(SWIFT) build --build-tests
	MCTL_FUZZ_ALONE=1 MCTL_FUZZ_SECONDS=$(SECONDS) MCTL_FUZZ_SEED=$(SEED) $(SWIFT) test --skip-build --filter '^Fuzz\.'

soak: bootstrap ## kills the daemon a hundred times at bad moments; ROUNDS=100
	$(SWIFT) build --build-tests
	MCTL_SOAK_ROUNDS=$(ROUNDS) $(SWIFT) test --skip-build --filter KillLoop

bench: build ## measures the release binaries from outside
	@scripts/bench $(ARGS)

install: ## installs programs and service: PREFIX, HOME_DIR, SERVICE_USER, DESTDIR
	@PREFIX='$(PREFIX)' HOME_DIR='$(HOME_DIR)' SERVICE_USER='$(SERVICE_USER)' DESTDIR='$(DESTDIR)' scripts/install

start: ## starts the daemon in the background
	@scripts/daemon start '$(MC)'

stop: ## stops the daemon and its workloads
	@scripts/daemon stop '$(MC)'

restart: ## restarts the daemon; workloads keep running
	@scripts/daemon restart '$(MC)'

status: ## the workloads and how they are
	@'$(MC)' status

logs: ## last lines of the logs of daemon and central; F=1 follows, N=50 lines
	@scripts/daemon logs '$(N)' '$(F)'

validate: ## checks all configuration files
	@'$(MC)' validate

clean: ## removes what was built, the demo and results of the bench
	@scripts/demo clean
	$(SWIFT) package clean
	rm -rf bench-results

# Not listed: demo and test run it.
bootstrap:
	@scripts/bootstrap
