#pragma once
#include <stdint.h>
#include <sys/types.h>

/// The kernel's word on who is at the other end of a connected Unix socket: the same layout as `struct ucred`,
/// which Swift's Glibc module does not show because it hides behind _GNU_SOURCE (checked when this is compiled).
struct obis_peer_credentials {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

/// SO_PEERCRED, hidden in the same way: getsockopt(SOL_SOCKET, …) fills `obis_peer_credentials`.
extern const int obis_so_peercred;

/// What an open file is: kind and permissions (st_mode), owner, octets. Taken here because Swift's compiler says of
/// `struct stat` now one module's, now another's.
struct obis_file_facts {
    uint32_t mode;
    uint32_t owner;
    int64_t size;
};

/// fstat. 0, or -1 with errno.
int obis_file_facts(int file, struct obis_file_facts *facts);

/// Forbids core dumps and inspection by other processes of the same user (PR_SET_DUMPABLE 0). 0, or -1 with errno.
int obis_forbid_inspection(void);
