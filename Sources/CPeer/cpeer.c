#define _GNU_SOURCE
#include "cpeer.h"
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

_Static_assert(sizeof(struct obis_peer_credentials) == sizeof(struct ucred), "layout of struct ucred");
_Static_assert(offsetof(struct obis_peer_credentials, pid) == offsetof(struct ucred, pid), "pid");
_Static_assert(offsetof(struct obis_peer_credentials, uid) == offsetof(struct ucred, uid), "uid");
_Static_assert(offsetof(struct obis_peer_credentials, gid) == offsetof(struct ucred, gid), "gid");

const int obis_so_peercred = SO_PEERCRED;

int obis_file_facts(int file, struct obis_file_facts *facts) {
    struct stat status;
    if (fstat(file, &status) != 0) return -1;
    facts->mode = status.st_mode;
    facts->owner = status.st_uid;
    facts->size = status.st_size;
    return 0;
}

int obis_forbid_inspection(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
