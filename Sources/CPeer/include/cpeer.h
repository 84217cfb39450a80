#pragma once
#include <sys/types.h>

/// The user id at the other end of a connected Unix socket (SO_PEERCRED), or -1 with errno set.
/// Swift's Glibc module does not show `struct ucred`, which hides behind _GNU_SOURCE.
int obis_peer_uid(int socket, uid_t *uid);
