/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service manager's protocol, sd_notify(3) and sd_watchdog_enabled(3): one datagram to $NOTIFY_SOCKET. That is all of libsystemd
 * that a daemon needs.
 */
#ifndef CORE_SDNOTIFY_H
#define CORE_SDNOTIFY_H

/* Sends state ("READY=1\nSTATUS=..."); does nothing if no service manager asked for it, and never waits. */
void sdnotify(const char *state);
/* Seconds between two "WATCHDOG=1" that the service manager waits for from this process; 0: it watches nobody. */
double sdnotify_watchdog(void);

#endif
