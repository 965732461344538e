/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What ops executes: linked once statically and once dynamically. */
int main(void)
{
	return 0;
}
