# install.mk — manual pages and completions; install, uninstall, dist and deb. The Makefile includes it.
# The version is the one in the Makefile; the date of a release is that of the topmost version in CHANGELOG.md.
datarootdir  ?= $(prefix)/share
mandir       ?= $(datarootdir)/man
bashcompdir  ?= $(datarootdir)/bash-completion/completions
zshcompdir   ?= $(datarootdir)/zsh/site-functions
fishcompdir  ?= $(datarootdir)/fish/vendor_completions.d
pkgconfigdir ?= $(libdir)/pkgconfig
cmakedir     ?= $(libdir)/cmake/lockhound
INSTALL         ?= install
INSTALL_PROGRAM ?= $(INSTALL) -m 755
INSTALL_DATA    ?= $(INSTALL) -m 644
# What prints the --help that the pages are made from. For another machine: LOCKHOUND_HERE='qemu-aarch64 build/lockhound'.
LOCKHOUND_HERE  ?= $B/lockhound

P := tools/packaging
S := $B/share
COMMANDS   := $(shell sed -n 's/&lh_cmd_/\n&/gp' tools/cmd/main.c | sed -n 's/^&lh_cmd_\([a-z]*\).*/\1/p' | sort -u)
PAGES1     := $S/lockhound.1 $(COMMANDS:%=$S/lockhound-%.1)
PAGES5     := $S/lockhound.conf.5
COMPLETION := $S/lockhound.bash $S/lockhound.zsh $S/lockhound.fish
HEADERS    := libcheck/lockhound.h libcheck/lockhound.hpp
# These have the folders of an installation, which may be others in the next call of make: they are made each time.
MADE_NOW   := $S/lockhound.pc $S/lockhound-config.cmake $S/lockhound-config-version.cmake
RELEASED    = $(shell LC_ALL=C date -d "$$(sed -n 's/^\#\# \[[0-9.]*\] - //p' CHANGELOG.md | head -1)" '+%B %-d, %Y')
from_cmake  = $(shell realpath -ms --relative-to=$(cmakedir) $1)
as_manual   = awk -f $P/manual.awk -v version=$(VERSION) -v date="$(RELEASED)"

pages: $(PAGES1) $(PAGES5) $(COMPLETION) ## makes the manual pages and the completions
$S/commands.table: $B/lockhound $P/describe
	@echo "  MAN   $S"
	$Q mkdir -p $(@D)
	$Q$P/describe '$(LOCKHOUND_HERE)' > $@.part && mv $@.part $@
$S/lockhound.1: docs/man/lockhound.1 CHANGELOG.md Makefile
	$Q mkdir -p $(@D)
	$Q sed 's/^\.Dd .*/.Dd $(RELEASED)/; s/^\.Os.*/.Os "lockhound $(VERSION)"/' $< > $@
$S/lockhound-%.1: docs/man/%.mdoc $S/commands.table $P/manual.awk CHANGELOG.md Makefile
	$Q$(as_manual) -v command=$* $S/commands.table $< > $@
$S/lockhound.conf.5: docs/man/lockhound.conf.5 $S/commands.table $P/manual.awk CHANGELOG.md Makefile
	$Q$(as_manual) -v command=conf $S/commands.table $< > $@
$(COMPLETION): $S/lockhound.%: $P/lockhound.% $P/table.awk $P/%.awk $S/commands.table
	$Q awk -f $P/table.awk -f $P/$*.awk $S/commands.table $< > $@
$(MADE_NOW): $S/%: $P/%.in FORCE
	$Q mkdir -p $(@D)
	$Q sed $(foreach v,VERSION prefix bindir libdir includedir,-e 's|@$v@|$($v)|') \
		$(foreach v,bindir libdir includedir,-e 's|@to_$v@|$(call from_cmake,$($v))|') $< > $@
FORCE:

# MODE FILE PLACE of everything that is installed
INSTALLED = program $B/lockhound $(bindir)/lockhound \
	program $B/liblockhound.so $(libdir)/lockhound/liblockhound.so \
	$(foreach f,$(HEADERS),data $f $(includedir)/$(notdir $f)) \
	$(foreach f,$(PAGES1),data $f $(mandir)/man1/$(notdir $f)) \
	$(foreach f,$(PAGES5),data $f $(mandir)/man5/$(notdir $f)) \
	data $S/lockhound.bash $(bashcompdir)/lockhound \
	data $S/lockhound.zsh $(zshcompdir)/_lockhound \
	data $S/lockhound.fish $(fishcompdir)/lockhound.fish \
	data $S/lockhound.pc $(pkgconfigdir)/lockhound.pc \
	data $S/lockhound-config.cmake $(cmakedir)/lockhound-config.cmake \
	data $S/lockhound-config-version.cmake $(cmakedir)/lockhound-config-version.cmake
each_installed = set -- $(INSTALLED); while [ $$\# -gt 0 ]; do $1; shift 3; done

install: all pages $(MADE_NOW) ## to PREFIX (default /usr/local), below DESTDIR
	$Q set -e; $(call each_installed,$(INSTALL) -d "$(DESTDIR)$${3%/*}"; \
		if [ $$1 = program ]; then $(INSTALL_PROGRAM) "$$2" "$(DESTDIR)$$3"; else $(INSTALL_DATA) "$$2" "$(DESTDIR)$$3"; fi)
uninstall: ## removes what install put there
	$Q$(call each_installed,rm -f "$(DESTDIR)$$3")
	$Q for folder in $(libdir)/lockhound $(cmakedir); do rmdir "$(DESTDIR)$$folder" 2> /dev/null; done; :

TARBALL := $B/lockhound-$(VERSION).tar.gz
dist: ## makes the tar file of this version; the same files give the same bytes
	@$P/dist $(TARBALL) lockhound-$(VERSION)
deb: ## makes the Debian packages in B/deb from that file, and checks them; installs what it needs
	@sh tests/packages/install $(BUILD_PACKAGES) $(DEB_PACKAGES)
	@$(MAKE) --no-print-directory dist
	@$P/deb $(TARBALL) $(VERSION) $B/deb
.PHONY: pages install uninstall dist deb FORCE
