# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
BIN := $(DESTDIR)$(PREFIX)/bin
SHARE := $(DESTDIR)$(PREFIX)/share

install: $(B)/tsem
	install -D -m 755 $(B)/tsem $(BIN)/tsem
	install -d $(SHARE)/man/man1 $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions \
		$(SHARE)/fish/vendor_completions.d $(SHARE)/doc/tsem/docs
	$(B)/tsem help --man >$(SHARE)/man/man1/tsem.1
	for c in $$($(B)/tsem help --names); do $(B)/tsem help --man $$c >$(SHARE)/man/man1/tsem-$$c.1; done
	$(B)/tsem completion bash >$(SHARE)/bash-completion/completions/tsem
	$(B)/tsem completion zsh >$(SHARE)/zsh/site-functions/_tsem
	$(B)/tsem completion fish >$(SHARE)/fish/vendor_completions.d/tsem.fish
	install -m 644 README.md LICENSE $(SHARE)/doc/tsem
	install -m 644 docs/*.md $(SHARE)/doc/tsem/docs
