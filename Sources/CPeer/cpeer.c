#define _GNU_SOURCE
#include "cpeer.h"
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>

_Static_assert(sizeof(struct obis_peer_credentials) == sizeof(struct ucred), "layout of struct ucred");
_Static_assert(offsetof(struct obis_peer_credentials, pid) == offsetof(struct ucred, pid), "pid");
_Static_assert(offsetof(struct obis_peer_credentials, uid) == offsetof(struct ucred, uid), "uid");
_Static_assert(offsetof(struct obis_peer_credentials, gid) == offsetof(struct ucred, gid), "gid");

const int obis_so_peercred = SO_PEERCRED;

int obis_forbid_inspection(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
