# SPDX-License-Identifier: MIT
#
# GNU make.  Everything that is built lies under build/:
#
#   make                              build/modelfs
#   make SANITIZE=address,undefined   build/san/modelfs (any list -fsanitize= takes)
#   make check                        unit tests: no root, no FUSE, no network
#   make install DESTDIR= prefix=     program, mount.modelfs link, man page
#   make format | lint | clean
#
# CC, CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS are the user's; ours are added to
# them.  WERROR=1 turns warnings into errors, V=1 shows the commands.  A change of compiler or flags
# rebuilds what it touches.  With prefix=/usr the link is /sbin/mount.modelfs,
# where mount(8) looks; elsewhere $(prefix)/sbin, or say sbindir=.

VERSION = 0.1.0

prefix  = /usr/local
bindir  = $(prefix)/bin
sbindir = $(if $(filter /usr,$(prefix)),/sbin,$(prefix)/sbin)
mandir  = $(prefix)/share/man

CFLAGS    ?= -O2 -g
PKGCONFIG ?= pkg-config
INSTALL   ?= install

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# BUILDDIR=DIR builds elsewhere.
BUILDDIR ?= build
OUT := $(BUILDDIR)$(if $(SANITIZE),/san)
BIN := $(OUT)/modelfs

SRC   := $(sort $(wildcard api/*.c api/client/*.c api/registry/*.c fs/*.c))
OBJ   := $(SRC:%.c=$(OUT)/obj/%.o)
LIB   := $(filter-out $(OUT)/obj/fs/main.o,$(OBJ))
TESTS := $(sort $(wildcard tests/unit/test_*.c))
TBIN  := $(TESTS:tests/unit/%.c=$(OUT)/unit/%)
SOURCES := $(SRC) $(TESTS) $(sort $(wildcard api/*.h api/client/*.h api/registry/*.h fs/*.h tests/unit/*.h))

# Dependencies: module, least version (0: any), Debian's package.
DEPS := fuse3:3.14:libfuse3-dev libcurl:0:libcurl4-openssl-dev libcjson:0:libcjson-dev \
	sqlite3:0:libsqlite3-dev libmicrohttpd:0:libmicrohttpd-dev libcrypto:0:libssl-dev \
	libarchive:0:libarchive-dev
TEST_DEPS := cmocka:0:libcmocka-dev

dep_word   = $(word $2,$(subst :, ,$1))
dep_module = $(call dep_word,$1,1)
dep_check  = $(if $(shell $(PKGCONFIG) --exists '$(call dep_module,$1) >= $(call dep_word,$1,2)' && echo yes),,\
	$(error $(call dep_module,$1)$(if $(filter-out 0,$(call dep_word,$1,2)), >= $(call dep_word,$1,2)) \
	is missing$(if $(have),: found version $(have)). On Debian and Ubuntu: apt install $(call dep_word,$1,3)))
have = $(shell $(PKGCONFIG) --modversion $(call dep_module,$1) 2>/dev/null)

# Goals that need no library do not ask for one.
ifneq ($(if $(MAKECMDGOALS),$(filter-out clean format,$(MAKECMDGOALS)),all),)
ifeq ($(shell command -v $(PKGCONFIG)),)
$(error $(PKGCONFIG) is missing. On Debian and Ubuntu: apt install pkg-config)
endif
$(foreach d,$(DEPS),$(call dep_check,$d))
MODULES    := $(foreach d,$(DEPS),$(call dep_module,$d))
DEP_CFLAGS := $(shell $(PKGCONFIG) --cflags $(MODULES))
DEP_LIBS   := $(shell $(PKGCONFIG) --libs $(MODULES))
endif
ifneq ($(filter check tests,$(MAKECMDGOALS)),)
$(foreach d,$(TEST_DEPS),$(call dep_check,$d))
TEST_LIBS := $(shell $(PKGCONFIG) --cflags --libs cmocka)
endif

WARN := -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes -Wold-style-definition \
	-Wmissing-prototypes
# _FORTIFY_SOURCE needs an optimiser, hides faults from the sanitizers, and may
# be the user's own.
OPTIMISED := $(filter-out -O0,$(filter -O%,$(CFLAGS)))
FORTIFY := $(if $(and $(OPTIMISED),$(if $(SANITIZE),,y)),$(if $(findstring _FORTIFY_SOURCE,\
	$(CPPFLAGS) $(CFLAGS)),,-D_FORTIFY_SOURCE=2))
SANFLAGS := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer)

ALL_CPPFLAGS = -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DMODELFS_VERSION='"$(VERSION)"' \
	$(FORTIFY) $(DEP_CFLAGS) $(CPPFLAGS)
ALL_CFLAGS = -std=gnu11 $(WARN) $(if $(filter-out 0,$(WERROR)),-Werror) -fPIE \
	-fstack-protector-strong -ffile-prefix-map=$(CURDIR)=. $(SANFLAGS) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(SANFLAGS) $(LDFLAGS)
ALL_LDLIBS = $(DEP_LIBS) -lpthread $(LDLIBS)

.PHONY: all check tests install uninstall clean format lint FORCE
all: $(BIN)

run = $(if $(V),,@echo '  $1  $2';)

# The list of objects is part of the link flags: a removed file relinks too.
define stamp
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$1)' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$1)' >$@
endef
$(OUT)/compile-flags: FORCE
	$(call stamp,$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS))
$(OUT)/link-flags: FORCE
	$(call stamp,$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(OBJ) $(ALL_LDLIBS))

$(OUT)/obj/%.o: %.c $(OUT)/compile-flags
	@mkdir -p $(@D)
	$(call run,CC,$<) $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BIN): $(OBJ) $(OUT)/link-flags
	$(call run,LD,$@) $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(OBJ) $(ALL_LDLIBS)

$(OUT)/unit/%: $(OUT)/obj/tests/unit/%.o $(LIB) $(OUT)/link-flags
	@mkdir -p $(@D)
	$(call run,LD,$@) $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(LIB) $(TEST_LIBS) $(ALL_LDLIBS)

tests: $(TBIN)
check: $(TBIN)
	@failed=; for t in $(TBIN); do echo "== $$t"; $$t || failed="$$failed $$t"; done; \
	if [ "$$failed" ]; then echo "failed:$$failed"; exit 1; fi; \
	echo "unit tests: all $(words $(TBIN)) programs passed"

# The link is absolute: a relative one breaks where /sbin is itself a link.
install: $(BIN)
	$(INSTALL) -d '$(DESTDIR)$(bindir)' '$(DESTDIR)$(sbindir)' '$(DESTDIR)$(mandir)/man1'
	$(INSTALL) -m 0755 $(BIN) '$(DESTDIR)$(bindir)/modelfs'
	ln -sfn '$(bindir)/modelfs' '$(DESTDIR)$(sbindir)/mount.modelfs'
	$(INSTALL) -m 0644 fs/modelfs.1 '$(DESTDIR)$(mandir)/man1/modelfs.1'

uninstall:
	rm -f '$(DESTDIR)$(bindir)/modelfs' '$(DESTDIR)$(sbindir)/mount.modelfs' \
		'$(DESTDIR)$(mandir)/man1/modelfs.1'

clean:
	rm -rf build

format:
	clang-format -i $(SOURCES)

# cppcheck does not see that a cleanup attribute frees: no memleak.
# The analyzer does not follow the cleanup attribute, and the lists' unlinking.
TIDY = '-clang-analyzer-unix.Malloc,-clang-analyzer-valist.*,-clang-analyzer-security.insecureAPI.*,-clang-analyzer-optin.performance.*'
lint:
	@if command -v clang-format >/dev/null; then clang-format --dry-run --Werror $(SOURCES); \
	else echo 'clang-format is missing: skipped'; fi
	@if command -v cppcheck >/dev/null; then \
		cppcheck -q --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --suppress=memleak --error-exitcode=1 -I. -D_GNU_SOURCE $(SRC); \
	else echo 'cppcheck is missing: skipped'; fi
	@if command -v clang-tidy >/dev/null; then \
		clang-tidy --quiet --checks=$(TIDY) $(SRC) -- -std=gnu11 $(ALL_CPPFLAGS); \
	else echo 'clang-tidy is missing: skipped'; fi

-include $(OBJ:.o=.d) $(TESTS:%.c=$(OUT)/obj/%.d)
